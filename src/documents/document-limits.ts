/**
 * What a document may cost. A file beyond a limit is refused as PAYLOAD_TOO_LARGE, with the limit in words, before the memory is spent.
 * The largest real document measured (430 pages) has 0.8 million characters, 5 MB of XML and 300 sections.
 */
export const documentLimits = {
  /** Of extracted text, in UTF-16 code units: about 1,700 dense pages. It also bounds what crosses from the child to its parent. */
  textLength: 5_000_000,
  sections: 10_000,
  /** Of a ZIP container. */
  zipEntries: 10_000,
  /** Of one XML part, unpacked. */
  zipPartBytes: 96 * 1024 * 1024,
  /** Of all entries together, unpacked, as the container declares them. */
  zipTotalBytes: 1024 * 1024 * 1024,
  /** Unpacked bytes per packed byte of one XML part; real ones stay under 40, Deflate cannot exceed 1,032. */
  zipRatio: 250,
  /** Parts smaller than this may have any ratio. */
  zipRatioFreeBytes: 1024 * 1024,
  /** Of what one page of a PDF draws, unpacked: at this size pdf.js takes about 5 s for it. Dense pages of text have 0.1 MB. */
  pdfStreamBytes: 32 * 1024 * 1024,
  /** Nesting of elements; real ones stay under 60. */
  xmlDepth: 256,
} as const;

export const megabytes = (bytes: number): string => `${Math.ceil(bytes / (1024 * 1024)).toLocaleString('en')} MB`;
