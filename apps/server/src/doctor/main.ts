// `npm run doctor`: looks at this machine and its settings and says what is wrong, with the remedy. Ends with 1 where something is.
import { loadConfig } from "../platform/config.ts";
import { lookAtMachine } from "./facts.ts";
import { judge, type Finding, type Verdict } from "./findings.ts";

const MARKS: Readonly<Record<Verdict, string>> = { good: "✓", doubtful: "!", wrong: "✗" };

process.exitCode = await examine(process.argv.includes("--json"));

async function examine(asJson: boolean): Promise<number> {
  const loaded = loadConfig(process.env);
  const findings: readonly Finding[] = loaded.ok
    ? judge(await lookAtMachine(loaded.value, Date.now()))
    : loaded.failure.map(({ sentence }) => ({ area: "settings", verdict: "wrong", sentence, remedy: "See docs/CONFIGURATION.md." }));
  const count = (verdict: Verdict): number => findings.filter((finding) => finding.verdict === verdict).length;
  process.stdout.write(
    asJson
      ? `${JSON.stringify({ findings }, null, 2)}\n`
      : `${findings.map(describe).join("")}\n${summary(count("wrong"), count("doubtful"))}\n`,
  );
  return count("wrong") > 0 ? 1 : 0;
}

function describe({ verdict, area, sentence, remedy }: Finding): string {
  return `${MARKS[verdict]} ${area}: ${sentence}\n${remedy === undefined ? "" : `    → ${remedy}\n`}`;
}

function summary(wrong: number, doubtful: number): string {
  if (wrong + doubtful === 0) return "Nothing is wrong.";
  return [wrong > 0 ? `${wrong} wrong` : "", doubtful > 0 ? `${doubtful} to look at` : ""].filter((part) => part !== "").join(", ") + ".";
}
