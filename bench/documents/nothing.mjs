// What Node itself takes to start.
import { report } from './report.mjs';

report({ characters: 0, headings: null });
