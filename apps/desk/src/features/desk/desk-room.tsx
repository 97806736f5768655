import { useLingui } from "@lingui/react/macro";
import { Tabs, VisuallyHidden } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import type { DeskState } from "@allo/contract";
import { Suspense, useState, type ReactNode } from "react";
import { lazyPart } from "../../ui/lazy-part.ts";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { ContactCard } from "./contact-card.tsx";
import { CustomerPanel } from "./customer-panel.tsx";
import styles from "./desk.module.css";
import { NotCodedList } from "./not-coded-list.tsx";
import { StateCause } from "./state-card.tsx";
import { useMay } from "../session/session.ts";
import { useDesk } from "./use-desk.ts";

const DeviceAway = lazyPart(() => import("./device-away.tsx").then((module) => module.DeviceAway));
const DialRefused = lazyPart(() => import("./dial-refused.tsx").then((module) => module.DialRefused));
const TraineesCard = lazyPart(() => import("./trainees-card.tsx").then((module) => module.TraineesCard));
const ParkedPanel = lazyPart(() => import("./parked-panel.tsx").then((module) => module.ParkedPanel));

function Parked({ desk }: { readonly desk: DeskState }): ReactNode {
  if (desk.parked.length === 0) return null;
  return (
    <Suspense fallback={null}>
      <ParkedPanel desk={desk} />
    </Suspense>
  );
}

/** The agent's room: work list, contact, customer; three columns, two, or tabs. */
export function DeskRoom(): ReactNode {
  const { t } = useLingui();
  const desk = useDesk();
  const narrow = useMediaQuery("(max-width: 899px)", false, { getInitialValueInEffect: false });
  if (desk === undefined) return <SkeletonRows rows={6} height={28} />;
  return (
    <>
      <VisuallyHidden component="h1">{t({ message: "Desk", context: "room" })}</VisuallyHidden>
      {narrow ? <DeskTabs desk={desk} /> : <DeskColumns desk={desk} />}
    </>
  );
}

function PhoneCause({ desk }: { readonly desk: DeskState }): ReactNode {
  const isFree = desk.contact === null && desk.internalCall === null;
  if (desk.device === null || desk.phone.proven || !isFree || desk.state === "offline") return null;
  return (
    <Suspense fallback={null}>
      <DeviceAway device={desk.device} />
    </Suspense>
  );
}

function Refused({ desk }: { readonly desk: DeskState }): ReactNode {
  if (desk.dialRefusal === null || desk.contact !== null || desk.internalCall !== null) return null;
  return (
    <Suspense fallback={null}>
      <DialRefused refusal={desk.dialRefusal} />
    </Suspense>
  );
}

function DeskColumns({ desk }: { readonly desk: DeskState }): ReactNode {
  return (
    <div className={styles["columns"]}>
      <div className={styles["column"]}>
        <Trainees desk={desk} />
        <Parked desk={desk} />
        <NotCodedList count={desk.notCodedCount} />
      </div>
      <div className={styles["column"]}>
        <StateCause desk={desk} />
        <PhoneCause desk={desk} />
        <Refused desk={desk} />
        <ContactCard desk={desk} />
      </div>
      <div className={styles["column"]}>
        <CustomerPanel contact={desk.contact} />
      </div>
    </div>
  );
}

/** For mentors alone. */
function Trainees({ desk }: { readonly desk: DeskState }): ReactNode {
  const may = useMay();
  if (desk.trainees === undefined || desk.trainees.length === 0 || !may("calls.mentor")) return null;
  return (
    <Suspense fallback={null}>
      <TraineesCard trainees={desk.trainees} contactId={desk.contact?.contactId ?? null} />
    </Suspense>
  );
}

function DeskTabs({ desk }: { readonly desk: DeskState }): ReactNode {
  const { t } = useLingui();
  const format = useFormat();
  const [tab, setTab] = useState<string | null>("contact");
  return (
    <Tabs value={tab} onChange={setTab} keepMounted flex="none">
      <Tabs.List grow>
        <Tabs.Tab py="md" value="contact">{t`Call`}</Tabs.Tab>
        <Tabs.Tab py="md" value="customer">{t`Customer`}</Tabs.Tab>
        <Tabs.Tab py="md" value="notCoded">{`${t`Not coded`} ${desk.notCodedCount > 0 ? format.number(desk.notCodedCount) : ""}`}</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="contact" p="sm">
        <div className={styles["column"]}>
          <StateCause desk={desk} />
          <PhoneCause desk={desk} />
          <Refused desk={desk} />
          <Parked desk={desk} />
          <ContactCard desk={desk} />
          <Trainees desk={desk} />
        </div>
      </Tabs.Panel>
      <Tabs.Panel value="customer" p="sm">
        <CustomerPanel contact={desk.contact} />
      </Tabs.Panel>
      <Tabs.Panel value="notCoded" p="sm">
        <NotCodedList count={desk.notCodedCount} />
      </Tabs.Panel>
    </Tabs>
  );
}
