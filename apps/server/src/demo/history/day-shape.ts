/* When people call: shares of a day by half-hour and factors by weekday, after the published series of a bank's call centre. */

/** 07:00 to 20:30, the hours that the series has. */
const DAYTIME = [
  0.0148, 0.0165, 0.0256, 0.0338, 0.0473, 0.052, 0.0525, 0.0523, 0.0514, 0.0499, 0.0484, 0.0476, 0.0463, 0.0458, 0.0449, 0.0447, 0.0434,
  0.0424, 0.0399, 0.0358, 0.0304, 0.0266, 0.0233, 0.0208, 0.0183, 0.0167, 0.015, 0.0137,
];
/** Before and after it: a thin night, as lines that never close have. */
const SMALL_HOURS = [0.0055, 0.0045, 0.0038, 0.0032, 0.0027, 0.0023, 0.0021, 0.002, 0.0022, 0.0026, 0.0033, 0.0045, 0.007, 0.0105];
const LATE_EVENING = [0.0126, 0.0115, 0.0104, 0.0093, 0.0079, 0.0066];
const SATURDAY = 0.82;
const SUNDAY = 0.66;

/** 48 shares of a local day that sum to 1. */
export const halfHourShares: readonly number[] = scaled([...SMALL_HOURS, ...DAYTIME, ...LATE_EVENING], 1);
/** From Monday; their mean is 1. */
export const weekdayFactors: readonly number[] = scaled([1.122, 1.006, 0.949, 0.948, 0.985, SATURDAY, SUNDAY], 7);

function scaled(list: readonly number[], sum: number): readonly number[] {
  const total = list.reduce((so, each) => so + each, 0);
  return list.map((each) => (each / total) * sum);
}
