import type { WorkplaceFigures, WorkplaceItem } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import type { Format } from "../../ui/format.ts";
import { isolate } from "../../ui/isolate.ts";

/** The figures behind a verdict, in one line; "" where there are none. */
export function useFigureWords(item: WorkplaceItem, figures: WorkplaceFigures | null, format: Format): string {
  const { t } = useLingui();
  if (figures === null) return "";
  const whole = (value: number): string => format.number(Math.round(value));
  const parts: (string | null)[] = [];
  switch (item) {
    case "microphone": {
      const { label, speechDbfs, noiseDbfs } = figures.microphone;
      const [speech, noise] = [speechDbfs === null ? "" : whole(speechDbfs), noiseDbfs === null ? "" : whole(noiseDbfs)];
      parts.push(label === null ? null : isolate(label));
      parts.push(speechDbfs === null ? null : t`speech ${isolate(speech)} dB`);
      parts.push(noiseDbfs === null ? null : t`room ${isolate(noise)} dB`);
      break;
    }
    case "headset":
      parts.push(figures.headset.label === null ? null : isolate(figures.headset.label));
      parts.push(figures.headset.buttons === null ? null : t`buttons: ${isolate(figures.headset.buttons)}`);
      break;
    case "ringer":
      parts.push(figures.ringer.label === null ? null : isolate(figures.ringer.label));
      break;
    case "echo": {
      const { correlation } = figures.echo;
      const share = correlation === null ? "" : format.percent(correlation);
      parts.push(correlation === null ? null : t`${share} of the test tone came back`);
      break;
    }
    case "network": {
      const { roundTripMs, jitterMs, loss } = figures.network;
      const [trip, jitter, lost] = [whole(roundTripMs ?? 0), whole(jitterMs ?? 0), format.percent(loss ?? 0)];
      parts.push(roundTripMs === null ? null : t`${trip} ms there and back`);
      parts.push(jitterMs === null ? null : t`unsteady by ${jitter} ms`);
      parts.push(loss === null ? null : t`${lost} lost`);
      break;
    }
    case "browser":
      parts.push(isolate(`${figures.browser.name} ${figures.browser.version}, ${figures.browser.system}`));
      break;
    default:
      return item satisfies never;
  }
  return parts.filter((part) => part !== null).join(" · ");
}
