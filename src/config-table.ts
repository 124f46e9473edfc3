import { settings } from './config.ts';

const begin = '<!-- configuration: written by "npm run docs" -->';
const end = '<!-- /configuration -->';

const shown = (value: string | number | boolean | readonly string[] | null): string => {
  if (value === null || value === '' || (Array.isArray(value) && value.length === 0)) return '';
  return `\`${typeof value === 'object' ? value.join(',') : String(value)}\``;
};

/** The table of all settings, in Markdown. */
function renderTable(): string {
  const rows = Object.values(settings).map(({ env, aliases = [], fallback, unit, meaning }) => {
    const names = [env, ...aliases].map((name) => `\`${name}\``).join(' or ');
    return `| ${names} | ${shown(fallback)} | ${unit} | ${meaning} |`;
  });
  return ['| variable | default | unit | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** The README with its table of settings as they are now. Throws when the README has lost the place for it. */
export function withConfigTable(readme: string): string {
  const from = readme.indexOf(begin);
  const to = readme.indexOf(end);
  if (from < 0 || to < from) throw new Error('README.md has lost the marks between which the configuration stands.');
  return `${readme.slice(0, from)}${begin}\n\n<!-- prettier-ignore -->\n${renderTable()}\n\n${readme.slice(to)}`;
}
