/* What a headset's HID descriptors say of its reports: where the hook, the mute key and the lights stand in the bytes. Pure. */

// USB HID usage tables: Telephony Device page (0x0B) and LED page (0x08), page and usage in one number as browsers give them.
const HOOK_SWITCH = 0x0b_0020;
const PHONE_MUTE = 0x0b_002f;
const LED_MUTE = 0x08_0009;
const LED_OFF_HOOK = 0x08_0017;
const LED_RING = 0x08_0018;
const LED_HOLD = 0x08_0020;
export const TELEPHONY_PAGE = 0x0b;

/** What we use of WebHID's descriptors. */
export type ReportItem = {
  readonly isAbsolute?: boolean;
  readonly isArray?: boolean;
  readonly isRange?: boolean;
  readonly usages?: readonly number[];
  readonly usageMinimum?: number;
  readonly usageMaximum?: number;
  readonly reportSize?: number;
  readonly reportCount?: number;
  readonly logicalMinimum?: number;
};
export type Report = { readonly reportId?: number; readonly items?: readonly ReportItem[] };
export type Collection = {
  readonly usagePage?: number;
  readonly usage?: number;
  readonly children?: readonly Collection[];
  readonly inputReports?: readonly Report[];
  readonly outputReports?: readonly Report[];
};

export type HeadsetKey = "hook" | "mute";
export type HeadsetLight = "offHook" | "ring" | "mute" | "hold";
export type HeadsetLights = Readonly<Record<HeadsetLight, boolean>>;
/** `toggles`: 1 while it is pressed; else the value is the state that the key stands for. */
export type KeyReading = { readonly key: HeadsetKey; readonly on: boolean; readonly toggles: boolean };

type Field = { readonly bit: number; readonly size: number; readonly toggles: boolean };
type InputField = Field & { readonly usageOf: (value: number) => number | null };
type OutputReport = { readonly bytes: number; readonly bits: readonly { readonly light: HeadsetLight; readonly bit: number }[] };
export type HeadsetLayout = {
  readonly inputs: ReadonlyMap<number, readonly InputField[]>;
  readonly outputs: ReadonlyMap<number, OutputReport>;
  readonly keys: ReadonlySet<HeadsetKey>;
  readonly lights: ReadonlySet<HeadsetLight>;
};

const keyOf: Readonly<Record<number, HeadsetKey>> = { [HOOK_SWITCH]: "hook", [PHONE_MUTE]: "mute" };
const lightOf: Readonly<Record<number, HeadsetLight>> = {
  [LED_MUTE]: "mute",
  [LED_OFF_HOOK]: "offHook",
  [LED_RING]: "ring",
  [LED_HOLD]: "hold",
};
/** No telephony report is longer; a descriptor that claims more is not read further. */
const REPORT_BITS_MAX = 4_096;

/** Reads a device's collections; null where it has no hook switch: it isn't for telephony. */
export function headsetLayout(collections: readonly Collection[]): HeadsetLayout | null {
  const inputs = new Map<number, readonly InputField[]>();
  const outputs = new Map<number, OutputReport>();
  const keys = new Set<HeadsetKey>();
  const lights = new Set<HeadsetLight>();
  for (const collection of flatten(collections)) {
    for (const report of collection.inputReports ?? []) {
      const fields = inputFields(report, keys);
      if (fields.length > 0) inputs.set(report.reportId ?? 0, fields);
    }
    for (const report of collection.outputReports ?? []) {
      const output = outputReport(report);
      for (const { light } of output.bits) lights.add(light);
      if (output.bits.length > 0) outputs.set(report.reportId ?? 0, output);
    }
  }
  return keys.has("hook") ? { inputs, outputs, keys, lights } : null;
}

/** The keys that a report of the device speaks of. */
export function readKeys(layout: HeadsetLayout, reportId: number, bytes: Uint8Array): readonly KeyReading[] {
  const readings = new Map<HeadsetKey, KeyReading>();
  for (const field of layout.inputs.get(reportId) ?? []) {
    const value = bitsAt(bytes, field.bit, field.size);
    const usage = field.usageOf(value);
    const key = usage === null ? undefined : keyOf[usage];
    // One key may stand in several places of an array: any of them pressed is pressed.
    if (key !== undefined && readings.get(key)?.on !== true) readings.set(key, { key, on: value !== 0, toggles: field.toggles });
  }
  return [...readings.values()];
}

/** The reports to send so that the device shows these lights. */
export function lightReports(
  layout: HeadsetLayout,
  lights: HeadsetLights,
): readonly { readonly reportId: number; readonly bytes: Uint8Array<ArrayBuffer> }[] {
  return [...layout.outputs].map(([reportId, output]) => {
    const bytes = new Uint8Array(output.bytes);
    for (const { light, bit } of output.bits) if (lights[light]) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (1 << (bit & 7));
    return { reportId, bytes };
  });
}

function flatten(collections: readonly Collection[]): readonly Collection[] {
  return collections.flatMap((collection) => [collection, ...flatten(collection.children ?? [])]);
}

function inputFields(report: Report, keys: Set<HeadsetKey>): readonly InputField[] {
  const fields: InputField[] = [];
  let bit = 0;
  for (const item of report.items ?? []) {
    const { size, count } = extent(item);
    if (bit + size * count > REPORT_BITS_MAX) break;
    for (let index = 0; index < count; index += 1) {
      const usageOf = usagesOf(item, index);
      const found = possibleUsages(item, index).flatMap((usage) => keyOf[usage] ?? []);
      for (const key of found) keys.add(key);
      if (found.length > 0)
        fields.push({ bit: bit + size * index, size, toggles: item.isAbsolute === false || item.isArray === true, usageOf });
    }
    bit += size * count;
  }
  return fields;
}

function outputReport(report: Report): OutputReport {
  const bits: { light: HeadsetLight; bit: number }[] = [];
  let bit = 0;
  for (const item of report.items ?? []) {
    const { size, count } = extent(item);
    if (bit + size * count > REPORT_BITS_MAX) break;
    for (let index = 0; index < count && item.isArray !== true; index += 1) {
      const [usage] = possibleUsages(item, index);
      const light = usage === undefined ? undefined : lightOf[usage];
      if (light !== undefined) bits.push({ light, bit: bit + size * index });
    }
    bit += size * count;
  }
  return { bytes: Math.ceil(bit / 8), bits };
}

function extent({ reportSize, reportCount }: ReportItem): { readonly size: number; readonly count: number } {
  return { size: Math.max(0, reportSize ?? 0), count: Math.max(0, reportCount ?? 0) };
}

/** HID 1.11 §6.2.2.8: usages go to the fields in turn, the last one to all that are left. Padding has none. */
function possibleUsages(item: ReportItem, index: number): readonly number[] {
  const { usages = [], usageMinimum = 0, usageMaximum = 0 } = item;
  if (item.isArray === true) {
    if (item.isRange !== true) return usages;
    return Object.keys(keyOf)
      .map(Number)
      .filter((usage) => usage >= usageMinimum && usage <= usageMaximum);
  }
  if (item.isRange === true) return usageMinimum + index <= usageMaximum ? [usageMinimum + index] : [];
  const usage = usages[Math.min(index, usages.length - 1)];
  return usage === undefined ? [] : [usage];
}

function usagesOf(item: ReportItem, index: number): (value: number) => number | null {
  if (item.isArray !== true) {
    const [usage] = possibleUsages(item, index);
    return () => usage ?? null;
  }
  const { usages = [], usageMinimum = 0, logicalMinimum = 0 } = item;
  // An array's field holds which usage is on; out of range is none.
  return (value) => (item.isRange === true ? usageMinimum + value - logicalMinimum : (usages[value - logicalMinimum] ?? null));
}

function bitsAt(bytes: Uint8Array, bit: number, size: number): number {
  let value = 0;
  // A key is a bit or a byte; more than 16 bits of one say nothing further.
  for (let index = 0; index < Math.min(size, 16); index += 1) {
    const at = bit + index;
    value |= (((bytes[at >> 3] ?? 0) >> (at & 7)) & 1) << index;
  }
  return value;
}
