import type { Device, DeviceSecret } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Alert, Button, Group, Select, Stack, Switch, TextInput } from "@mantine/core";
import { useState, type FormEvent, type ReactNode } from "react";
import { useDirectory } from "../../api/lists.ts";
import { useApiMutation } from "../../api/queries.ts";
import { normaliseDigits } from "../../ui/format.ts";
import { Problem } from "../../ui/problem.tsx";
import { PhoneSetup } from "./phone-setup.tsx";

type Owned = { readonly name: string; readonly personId: string | null };

/** Name and owner; what else is asked of the phone stands below them. */
function DeviceForm({
  owned,
  onChange,
  placeholder,
  act,
  isPending,
  failure,
  onSubmit,
  children = null,
}: {
  readonly owned: Owned;
  readonly onChange: (change: Partial<Owned>) => void;
  readonly placeholder?: string;
  /** On the button. */
  readonly act: string;
  readonly isPending: boolean;
  readonly failure: unknown;
  readonly onSubmit: () => void;
  readonly children?: ReactNode;
}): ReactNode {
  const { t } = useLingui();
  const { personChoices } = useDirectory();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <form onSubmit={submit} data-testid="device-form">
      <Stack>
        <TextInput
          label={t({ message: "Name", context: "of a thing" })}
          {...(placeholder === undefined ? {} : { placeholder })}
          required
          data-autofocus
          dir={owned.name === "" ? undefined : "auto"}
          maxLength={120}
          value={owned.name}
          onChange={(event) => onChange({ name: event.currentTarget.value })}
        />
        <Select
          label={t`Whose is it`}
          description={t`They may let their calls ring at it; a person may have several.`}
          data={personChoices}
          clearable
          searchable
          placeholder={t`Nobody's: it stands in a room`}
          nothingFoundMessage={t`Nothing found`}
          value={owned.personId}
          onChange={(personId) => onChange({ personId })}
        />
        {children}
        <Problem failure={failure} />
        <Group justify="flex-end">
          <Button type="submit" loading={isPending}>
            {act}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** Name, owner, and what the phone can do. */
export function ChangeDevice({ device, onDone }: { readonly device: Device; readonly onDone: () => void }): ReactNode {
  const { t } = useLingui();
  const update = useApiMutation("deviceUpdate", ["devicesList"]);
  const { deviceId, version } = device;
  const [draft, setDraft] = useState({
    name: device.name,
    personId: device.personId,
    extension: device.extension,
    autoAnswer: device.autoAnswer,
    offersSrtp: device.offersSrtp,
  });
  const change = (next: Partial<typeof draft>): void => setDraft({ ...draft, ...next });
  return (
    <DeviceForm
      owned={draft}
      onChange={change}
      act={t`Save`}
      isPending={update.isPending}
      failure={update.error}
      onSubmit={() => update.mutate({ params: { deviceId }, body: { ...draft, name: draft.name.trim(), version } }, { onSuccess: onDone })}
    >
      {draft.personId !== device.personId && device.chosen && (
        <Alert color="yellow" styles={{ message: { color: "var(--text)" } }}>
          {t`Whoever takes calls on it now takes them in the browser from then on.`}
        </Alert>
      )}
      <TextInput
        label={t`Extension`}
        description={t`Two to six digits that colleagues dial at their own phones to pass a call on to its person.`}
        inputMode="numeric"
        dir="ltr"
        maxLength={6}
        value={draft.extension ?? ""}
        onChange={(event) => {
          const digits = normaliseDigits(event.currentTarget.value);
          change({ extension: digits === "" ? null : digits });
        }}
      />
      <Switch
        label={t`Answers by itself when asked`}
        description={t`Then its person may press “Answer” on the screen. Switch on auto answer (Call-Info or Alert-Info) in the phone too.`}
        checked={draft.autoAnswer}
        onChange={(event) => change({ autoAnswer: event.currentTarget.checked })}
      />
      <Switch
        label={t`Sealed audio`}
        description={t`Over TLS calls go to it with SRTP only. Switch it on in the phone too, or it refuses them.`}
        checked={draft.offersSrtp}
        onChange={(event) => change({ offersSrtp: event.currentTarget.checked })}
      />
    </DeviceForm>
  );
}

/** Then its password, once, and how the phone gets it. */
export function AddDevice({ onDone }: { readonly onDone: () => void }): ReactNode {
  const { t } = useLingui();
  const create = useApiMutation("deviceCreate", ["devicesList"]);
  const [draft, setDraft] = useState<Owned>({ name: "", personId: null });
  const [secret, setSecret] = useState<DeviceSecret | null>(null);
  if (secret !== null) return <PhoneSetup secret={secret} onDone={onDone} />;
  return (
    <DeviceForm
      owned={draft}
      onChange={(change) => setDraft({ ...draft, ...change })}
      placeholder={t`Reception`}
      act={t`Add and get the password`}
      isPending={create.isPending}
      failure={create.error}
      onSubmit={() => create.mutate({ body: { ...draft, name: draft.name.trim() } }, { onSuccess: setSecret })}
    />
  );
}
