import { parseOffice } from 'officeparser';
import { report } from './report.mjs';

const ast = await parseOffice(process.argv[2]);
const countHeadings = (nodes) =>
  nodes.reduce((sum, { type, children = [] }) => sum + (type === 'heading' ? 1 : 0) + countHeadings(children), 0);
report({ characters: ast.toText().length, headings: countHeadings(ast.content) });
