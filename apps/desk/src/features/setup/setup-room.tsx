import { useLingui } from "@lingui/react/macro";
import { Select } from "@mantine/core";
import { Link, Navigate, useNavigate, useParams } from "@tanstack/react-router";
import { Suspense, useEffect, useRef, type ReactNode } from "react";
import { lazyPart } from "../../ui/lazy-part.ts";
import { useNarrow } from "../../ui/narrow.ts";
import { Page } from "../../ui/page.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { PresetsSection } from "../presets/presets-section.tsx";
import { useMay } from "../session/session.ts";
import { AddressSection } from "./address-section.tsx";
import { CustomerFieldsSection } from "./customer-fields-section.tsx";
import { ReasonsSection, SkillsSection, WrapUpCodesSection } from "./named-sections.tsx";
import { ProjectsSection } from "./projects-section.tsx";
import { QueuesSection } from "./queues-section.tsx";
import { SecuritySection } from "./security-section.tsx";
import { RecordingsSection } from "./recordings-section.tsx";
import { TracesSection } from "./traces-section.tsx";
import { groupNames, isSection, sectionNames, sectionsByGroup, sectionNeeds, setupSections, type SetupSection } from "./sections.ts";
import styles from "./setup.module.css";

// The calendar in two of these, and the many fields of the others, weigh as much as the rest of the setup.
const AuditSection = lazyPart(() => import("./audit-section.tsx").then((module) => module.AuditSection));
const DoctorSection = lazyPart(() => import("../doctor/doctor-section.tsx").then((module) => module.DoctorSection));
const DrillSection = lazyPart(() => import("../drill/drill-section.tsx").then((module) => module.DrillSection));
const DiallingSection = lazyPart(() => import("../dialling/dialling-section.tsx").then((module) => module.DiallingSection));
const MaintenanceSection = lazyPart(() => import("./maintenance-section.tsx").then((module) => module.MaintenanceSection));
const RecordersSection = lazyPart(() => import("../recorders/recorders-section.tsx").then((module) => module.RecordersSection));
const TrunksSection = lazyPart(() => import("../trunks/trunks-section.tsx").then((module) => module.TrunksSection));
const DevicesSection = lazyPart(() => import("./devices-section.tsx").then((module) => module.DevicesSection));
const PromptsSection = lazyPart(() => import("./prompts-section.tsx").then((module) => module.PromptsSection));
const NumbersSection = lazyPart(() => import("./numbers-section.tsx").then((module) => module.NumbersSection));
const HoursSection = lazyPart(() => import("./hours-section.tsx").then((module) => module.HoursSection));

export function SetupHome(): ReactNode {
  return <Navigate to="/setup/$section" params={{ section: "queues" }} replace />;
}

/** How the organisation works, in sentences; live for everyone as soon as it is saved. */
export function SetupRoom(): ReactNode {
  const { t, i18n } = useLingui();
  const narrow = useNarrow();
  const may = useMay();
  const navigate = useNavigate();
  const { section } = useParams({ from: "/shell/setup/$section" });
  const nav = useRef<HTMLElement>(null);
  // The list is longer than a low screen: where one is must be in sight, also by a link from elsewhere.
  useEffect(() => {
    if (nav.current !== null) showCurrent(nav.current);
  }, [section, narrow]);
  const open = setupSections.filter((each) => {
    const need = sectionNeeds[each];
    return need === undefined || may(need);
  });
  if (!isSection(section) || !open.includes(section)) return <SetupHome />;
  const groups = sectionsByGroup(open);
  return (
    <Page title={`${t({ message: "Setup", context: "room" })}: ${i18n._(sectionNames[section])}`}>
      <div className={styles["room"]}>
        {narrow ? (
          <Select
            aria-label={t`Part of the setup`}
            data={groups.map(({ group, sections }) => ({
              group: i18n._(groupNames[group]),
              items: sections.map((value) => ({ value, label: i18n._(sectionNames[value]) })),
            }))}
            value={section}
            allowDeselect={false}
            onChange={(value) => value !== null && void navigate({ to: "/setup/$section", params: { section: value } })}
          />
        ) : (
          <nav ref={nav} className={styles["nav"]} aria-label={t`Part of the setup`}>
            {groups.map(({ group, sections }) => (
              <section key={group} aria-labelledby={`setup-${group}`}>
                <h2 id={`setup-${group}`} className={styles["group"]}>
                  {i18n._(groupNames[group])}
                </h2>
                {sections.map((each) => (
                  <Link key={each} to="/setup/$section" params={{ section: each }} className={styles["link"]}>
                    {i18n._(sectionNames[each])}
                  </Link>
                ))}
              </section>
            ))}
          </nav>
        )}
        <div className={styles["section"]}>
          <Suspense fallback={<SkeletonRows rows={6} />}>
            <Section section={section} />
          </Suspense>
        </div>
      </div>
    </Page>
  );
}

/** By the list's own scrolling alone: scrollIntoView would make the browser begin there with the next Tab. */
function showCurrent(nav: HTMLElement): void {
  const current = nav.querySelector("[aria-current]");
  if (current === null) return;
  const [list, link] = [nav.getBoundingClientRect(), current.getBoundingClientRect()];
  nav.scrollTop += Math.max(0, link.bottom - list.bottom) - Math.max(0, list.top - link.top);
}

function Section({ section }: { readonly section: SetupSection }): ReactNode {
  switch (section) {
    case "queues":
      return <QueuesSection />;
    case "numbers":
      return <NumbersSection />;
    case "recorders":
      return <RecordersSection />;
    case "trunks":
      return <TrunksSection />;
    case "hours":
      return <HoursSection />;
    case "projects":
      return <ProjectsSection />;
    case "wrap-up-codes":
      return <WrapUpCodesSection />;
    case "not-ready-reasons":
      return <ReasonsSection />;
    case "skills":
      return <SkillsSection />;
    case "prompts":
      return <PromptsSection />;
    case "devices":
      return <DevicesSection />;
    case "customer-fields":
      return <CustomerFieldsSection />;
    case "address":
      return <AddressSection />;
    case "outgoing-calls":
      return <DiallingSection />;
    case "security":
      return <SecuritySection />;
    case "recordings":
      return <RecordingsSection />;
    case "network-doctor":
      return <DoctorSection />;
    case "traces":
      return <TracesSection />;
    case "maintenance":
      return <MaintenanceSection />;
    case "drills":
      return <DrillSection />;
    case "ready-made":
      return <PresetsSection />;
    case "audit":
      return <AuditSection />;
    default:
      return section satisfies never;
  }
}
