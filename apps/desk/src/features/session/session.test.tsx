import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, render, screen } from "@testing-library/react";
import { useState, type ReactNode } from "react";
import { expect, test } from "vitest";
import { agentMe } from "../../testing/desk-fixtures.ts";
import { MeContext, signedOutKey, useMe } from "./session.ts";

test("what is drawn between a session's end and the shell's news of it is still drawn for the person", () => {
  const queries = new QueryClient();
  queries.setQueryData(signedOutKey, agentMe);
  let again = (): void => undefined;
  function Name(): ReactNode {
    const [, setTick] = useState(0);
    again = () => setTick((tick) => tick + 1);
    return <p>{useMe().name}</p>;
  }
  render(
    <QueryClientProvider client={queries}>
      <MeContext value={agentMe}>
        <Name />
      </MeContext>
    </QueryClientProvider>,
  );
  act(() => {
    queries.setQueryData(signedOutKey, null);
    again();
  });
  expect(screen.getByText(agentMe.name)).toBeDefined();
});
