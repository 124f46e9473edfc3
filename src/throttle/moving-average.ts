/** Whole-number moving average in which the newest sample weighs a sixteenth. 0 means that there is none yet. */
export const movingAverage = (average: number, sample: number): number =>
  average === 0 ? sample : average + Math.floor((sample - average) / 16 + 0.5);

export const movingAverageLua = (average: string, sample: string): string => `
if ${average} == 0 then ${average} = ${sample} else ${average} = ${average} + math.floor((${sample} - ${average}) / 16 + 0.5) end
`;
