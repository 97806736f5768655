import { Trans } from "@lingui/react/macro";
import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { Component, type ErrorInfo, type ReactNode } from "react";

type Props = { readonly children: ReactNode; /** A change of it (the room's path) clears the failure. */ readonly resetKey: string };
type State = { readonly failure: Error | null; readonly resetKey: string };

/** A failure in one room stays in that room: the call bar, the rail and the phone go on. */
export class RoomBoundary extends Component<Props, State> {
  override state: State = { failure: null, resetKey: this.props.resetKey };

  static getDerivedStateFromError(failure: Error): Partial<State> {
    return { failure };
  }

  static getDerivedStateFromProps(props: Props, state: State): Partial<State> | null {
    return props.resetKey === state.resetKey ? null : { failure: null, resetKey: props.resetKey };
  }

  override componentDidCatch(failure: Error, info: ErrorInfo): void {
    // Where the browser can't report, React has already written it to the console.
    globalThis.reportError?.(new Error(`room failed: ${failure.message} ${info.componentStack ?? ""}`, { cause: failure }));
  }

  override render(): ReactNode {
    if (this.state.failure === null) return this.props.children;
    return <RoomFailure onRetry={() => this.setState({ failure: null })} />;
  }
}

/** What stands where something could not be drawn. */
export function RoomFailure({ onRetry }: { readonly onRetry: () => void }): ReactNode {
  return (
    <Stack p="xl" maw={560} role="alert">
      <Title order={2}>
        <Trans>This room failed to show</Trans>
      </Title>
      <Text>
        <Trans>Your call, your state and what was saved are not touched. Try again; if it stays, reload the page.</Trans>
      </Text>
      <Group>
        <Button onClick={onRetry}>
          <Trans>Try again</Trans>
        </Button>
        <Button variant="default" onClick={() => location.reload()}>
          <Trans>Reload the page</Trans>
        </Button>
      </Group>
    </Stack>
  );
}
