/** Clauses of the kind and length that contracts have, some with something to find in them. */
const clauses: readonly { readonly title: string; readonly text: string }[] = [
  {
    title: 'Services',
    text: `The Contractor shall keep the machines named in Annex A in working order and shall use reasonable efforts to answer every call within the hours of service. Worn parts are replaced as needed. The Contractor may, at its sole discretion, have the work done by others, who need not be named beforehand. The Client shall see to it that the rooms are open, that someone who knows the machines is present, and that the access codes are handed over. Work outside the hours of service is done where possible.

Reports on each repair will be provided in due course. It was agreed that a summary for the quarter should be made, and that it is to be discussed in a meeting, the date of which is to be determined.`,
  },
  {
    title: 'Fees',
    text: `The yearly fee is 64,200 and falls due in the first month of each year. The Contractor may change the fee at any time without notice where its own costs have risen. Travel is charged at [TBD] per hour. An invoice that is not paid promptly bears interest at 11% a year from the day after it was due, and the Contractor may suspend its services until it is paid.

Both parties bear their own costs of banking. The Client may set off only claims that are undisputed. A complaint about an invoice must be made as soon as possible; otherwise the invoice counts as accepted. Discounts that were granted in one year create no claim in the next one.`,
  },
  {
    title: 'Liability',
    text: `The Client is liable for all damages to tools and spare parts that are left in its rooms, without any limitation and whatever the cause. The Contractor is not liable for lost profits, loss of production or any other indirect damage. The Client shall indemnify, defend and hold harmless the Contractor and its staff from and against any and all claims of third parties that arise out of the use of the machines.

The Contractor guarantees that the machines are available at all times and that its work is free of error. Claims lapse six months after the work was done, unless the law provides otherwise.`,
  },
  {
    title: 'Personal data',
    text: `In the course of the work the Contractor may see names, addresses and working hours of the Client's staff, and in clinics also data concerning the health of patients. Such personal data are kept as long as useful and may be passed to partners where appropriate. The Contractor shall take suitable measures to protect them and shall inform the Client of incidents in a timely manner.

A contract on the processing of data will be concluded if necessary. Copies that are no longer required should be deleted. The person in charge is to be named by each party.`,
  },
  {
    title: 'Term and termination',
    text: `This agreement begins on 1 March 2026 and runs for three years. It renews automatically for successive periods of two years unless notice is given in good time. The Contractor may terminate it at any time for convenience. The Client may terminate it within thirty (30) days after a material breach that the Contractor has not cured, and only in writing.

At the end the parties shall use best efforts to hand over what belongs to the other. Fees that were paid in advance are not returned. Clauses that by their nature should outlast the agreement remain in force.`,
  },
  {
    title: 'Confidentiality',
    text: `Each party keeps secret what it learns of the other's business, for an unlimited time, unless it is public or was known before. Staff and advisers may be told what they need to know. The receiving party shall mark copies, count them and return them on request without undue delay.

This does not hold for what a court or an authority demands. The Contractor may name the Client as a reference and may show pictures of the machines, provided that nothing confidential can reasonably be recognised. A breach costs a penalty, the amount of which is at the discretion of the injured party.`,
  },
  {
    title: 'Rights to results',
    text: `Drawings, programs and figures that arise from the work belong to the Contractor. The Client grants the Contractor a perpetual and irrevocable licence to the usage figures of the machines, and may itself use the results for its own purposes only. Changes to programs are not permitted. Source code is deposited with a trustee if the parties so agree.

The Contractor is not aware of any right of a third party that stands against this use, but gives no warranty for it. Improvements suggested by the Client become the property of the Contractor without payment.`,
  },
  {
    title: 'Acceptance',
    text: `Work counts as accepted when the Client has used the machine for three days or has not complained in writing within a reasonable time. Minor defects do not stand against acceptance. What is minor is decided by the Contractor. Tests are carried out by the Client at its own cost; their protocol shall be signed by both.

If acceptance fails twice, the parties will discuss how to go on. The Client may then reduce the fee adequately or, where the machine cannot be used at all, rescind the order concerned. Further claims are excluded.`,
  },
];

/** A contract in Markdown with one section per clause; the same number gives the same words. */
export function sampleContract(number: number, sectionCount: number): string {
  const sections = Array.from({ length: sectionCount }, (_, index) => {
    const clause = clauses[(number + index) % clauses.length];
    return `# ${index + 1}. ${clause?.title}\n\n${clause?.text} This clause belongs to contract ${number}.\n`;
  });
  return sections.join('\n');
}
