import type { Evidence } from '../review/evidence.ts';
import type { RiskLevel } from '../review/finding.ts';

/**
 * All that a report says, whatever its format: renderers read nothing else. Findings below the confidence threshold are left out of it and
 * counted; a finding that stands in several places is there once, with all its places.
 */
export type ReportContent = {
  readonly generatedAt: Date;
  /** Of AI-Prism. */
  readonly version: string;
  /** Whether models were simulated; then the report says so on its first page. */
  readonly isSimulated: boolean;
  readonly sessionTitle: string;
  readonly document: {
    readonly id: string;
    readonly filename: string;
    readonly format: 'DOCX' | 'PDF' | 'HTML' | 'MARKDOWN' | 'TEXT';
    readonly sizeBytes: number;
    readonly sha256: string;
    readonly pageCount: number | null;
    readonly wordCount: number | null;
    readonly uploadedAt: Date;
  };
  readonly playbook: { readonly name: string; readonly description: string };
  /** Findings with less confidence are left out; 0 to 1. */
  readonly threshold: number;
  /** How many were left out for it; one of which another place is in the report was not. */
  readonly belowThreshold: number;
  /** The highest risk among the findings that are not rejected and no strengths; null where there are none. */
  readonly risk: RiskLevel | null;
  /** Every section of the document, in reading order. */
  readonly sections: readonly ReportSection[];
  readonly models: readonly ReportModel[];
};

export type ReportSectionState = 'COMPLETED' | 'FAILED' | 'CANCELLED' | 'QUEUED' | 'RUNNING' | 'NOT_STARTED';

export type ReportSection = {
  readonly id: string;
  readonly title: string;
  /** 1 for a top-level heading. */
  readonly level: number;
  readonly pageStart: number | null;
  readonly state: ReportSectionState;
  /** Why it was not analysed, for a person; null when it was. */
  readonly reason: string | null;
  readonly summary: string | null;
  readonly risk: RiskLevel | null;
  readonly confidence: number | null;
  readonly modelName: string | null;
  readonly findings: readonly ReportFinding[];
};

export type ReportFinding = {
  readonly id: string;
  /** From 1, through the whole report. */
  readonly number: number;
  readonly source: 'MODEL' | 'REVIEWER';
  readonly kind: 'RISK' | 'GAP' | 'QUESTION' | 'SUGGESTION' | 'STRENGTH';
  readonly category: string;
  /** The highest of its places; of a strength it says nothing. */
  readonly risk: RiskLevel;
  readonly title: string;
  readonly detail: string;
  readonly recommendation: string | null;
  readonly questions: readonly string[];
  /** 0 to 1. */
  readonly confidence: number;
  readonly status: 'PENDING' | 'ACCEPTED' | 'REJECTED';
  readonly evidence: readonly Evidence[];
  readonly checks: readonly { readonly ref: string; readonly title: string }[];
  /** Where else in the document the same was found. */
  readonly otherPlaces: readonly { readonly sectionTitle: string; readonly evidence: readonly Evidence[] }[];
  /** Decisions, oldest first. */
  readonly history: readonly ReportDecision[];
  readonly createdAt: Date;
};

export type ReportDecision = {
  /** When it was made on this finding, or carried over to it. */
  readonly at: Date;
  readonly actor: string;
  readonly status: 'PENDING' | 'ACCEPTED' | 'REJECTED';
  readonly note: string | null;
  /** Null when it was made on this finding. */
  readonly carriedOver: CarriedOver | null;
};

/** A decision that was made on another finding, which says the same: as the analysis before had found it, or elsewhere in the document. */
export type CarriedOver = {
  readonly from: 'EARLIER_ANALYSIS' | 'OTHER_PLACE';
  /** When it was made; null when that is not known any more. */
  readonly decidedAt: Date | null;
};

/** What one model did for the document's analyses; calls that failed are counted. */
export type ReportModel = {
  readonly name: string;
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly costUsd: number;
};

export const allFindings = ({ sections }: Pick<ReportContent, 'sections'>): readonly ReportFinding[] =>
  sections.flatMap(({ findings }) => findings);
