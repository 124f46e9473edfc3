/** Tells the benchmark what a reader made of the file, and what its process has used in all: the last line of the output. */
export function report({ characters, headings }) {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  process.stdout.write(
    `\n${JSON.stringify({ characters, headings, cpuMs: (userCPUTime + systemCPUTime) / 1000, maxRssMb: maxRSS / 1024 })}\n`,
  );
}
