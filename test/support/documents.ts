import { Document, HeadingLevel, Packer, Paragraph } from 'docx';

/** A small contract with something to find in each section. */
export const contractSections = [
  {
    title: 'Liability',
    text: 'The Supplier shall be liable without limitation for any and all damages of whatever kind. The fee is 10,000 and will be paid soon.',
  },
  {
    title: 'Data protection',
    text: 'Personal data of customers, such as names and email addresses, will be collected and kept as long as useful. It was decided that access may be granted where appropriate.',
  },
  {
    title: 'Termination',
    text: 'The Customer may terminate this agreement at any time without cause. This agreement renews automatically for successive periods of one year. The parties shall use best efforts to hand over all work.',
  },
];

export const contractMarkdown = contractSections.map(({ title, text }) => `# ${title}\n\n${text}\n`).join('\n');

export const contractDocx = (): Promise<Buffer> =>
  Packer.toBuffer(
    new Document({
      sections: [
        {
          children: contractSections.flatMap(({ title, text }) => [
            new Paragraph({ text: title, heading: HeadingLevel.HEADING_1 }),
            new Paragraph(text),
          ]),
        },
      ],
    }),
  );
