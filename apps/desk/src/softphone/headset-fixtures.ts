import type { Collection, ReportItem } from "./headset-report.ts";

/* Descriptors in the two shapes that are met most, as browsers give them; for tests. */
const key = (usage: number, isAbsolute: boolean): ReportItem => ({
  isAbsolute,
  isArray: false,
  isRange: false,
  usages: [0x0b_0000 + usage],
  reportSize: 1,
  reportCount: 1,
});
const light = (usage: number): ReportItem => ({ isAbsolute: true, usages: [0x08_0000 + usage], reportSize: 1, reportCount: 1 });
const padding = (bits: number): ReportItem => ({ isAbsolute: true, usages: [], reportSize: bits, reportCount: 1 });

/** All keys and all lights in one report each; the hook is a switch, mute a toggle (as Jabra's Evolve). */
export const oneReportHeadset: readonly Collection[] = [
  {
    usagePage: 0x0c,
    usage: 0x01,
    inputReports: [{ reportId: 1, items: [{ usages: [0x0c_00e9, 0x0c_00ea], reportSize: 1, reportCount: 2 }] }],
  },
  {
    usagePage: 0x0b,
    usage: 0x05,
    inputReports: [{ reportId: 2, items: [key(0x20, true), key(0x97, true), key(0x2f, false), key(0x21, false), padding(12)] }],
    outputReports: [{ reportId: 2, items: [light(0x17), light(0x1e), light(0x09), light(0x18), light(0x20), light(0x21), padding(10)] }],
  },
];

/** Each key and each light a report of its own (as Plantronics' Blackwire), inside a collection of a collection. */
export const manyReportsHeadset: readonly Collection[] = [
  {
    usagePage: 0xffa0,
    usage: 0x01,
    children: [
      {
        usagePage: 0x0b,
        usage: 0x05,
        inputReports: [
          { reportId: 8, items: [key(0x2f, false), padding(7)] },
          { reportId: 9, items: [padding(2), key(0x20, true), padding(5)] },
        ],
        outputReports: [
          { reportId: 23, items: [light(0x17), padding(7)] },
          { reportId: 24, items: [light(0x18), padding(7)] },
          { reportId: 9, items: [light(0x09), padding(7)] },
        ],
      },
    ],
  },
];

/** One button that only says that it was pressed, its usages in an array. */
export const arrayHeadset: readonly Collection[] = [
  {
    usagePage: 0x0b,
    usage: 0x04,
    inputReports: [
      {
        reportId: 0,
        items: [{ isArray: true, isAbsolute: true, usages: [0x0b_0020, 0x0b_002f], logicalMinimum: 1, reportSize: 8, reportCount: 1 }],
      },
    ],
  },
];
