import { escapeXml } from '../documents/xml-tags.ts';
import { readingOf, type Stretch } from './text-direction.ts';

/**
 * The library writes the table of contents from the headings' words alone: their direction has to be said again in document.xml, of the
 * entries that have right-to-left letters.
 */
export const directContents = (xml: string): string =>
  xml.replaceAll(/<w:p><w:pPr><w:pStyle w:val="TOC\d"\/>.*?<\/w:p>/gs, (entry) => {
    const words = /<w:r><w:t[^>]*>([^<]*)<\/w:t><\/w:r>/.exec(entry);
    const title = unescapeXml(words?.[1] ?? '');
    const { isRightToLeft, split } = readingOf(title);
    const stretches = split(0, title.length);
    if (!words || !stretches.some((stretch) => stretch.isRightToLeft)) return entry;
    // As functions: words may hold what means something in a replacement.
    const directed = entry.replace(words[0], () => stretches.map(toRun).join(''));
    return isRightToLeft ? directed.replace('</w:pPr>', () => '<w:bidi/></w:pPr>') : directed;
  });

const toRun = ({ text, isRightToLeft }: Stretch): string =>
  `<w:r>${isRightToLeft ? '<w:rPr><w:rtl/></w:rPr>' : ''}<w:t xml:space="preserve">${escapeXml(text)}</w:t></w:r>`;

const signs: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const unescapeXml = (text: string): string =>
  text.replaceAll(/&(\w+);/g, (entity, name: string) => signs[name] ?? entity);
