/** The 0.975 quantile of the normal distribution: two-sided 95 %. */
const z = 1.959964;

/**
 * Between which shares the true one lies with 95 % confidence, after `accepted` of `decided`: the score interval of E. B. Wilson, "Probable
 * inference, the law of succession, and statistical inference", Journal of the American Statistical Association 22 (1927), 209–212. Unlike
 * the usual p ± z·√(p(1−p)/n) it stays within 0 and 1 and says something of few decisions, too. `decided` must be at least 1.
 */
export function wilsonInterval(accepted: number, decided: number): { readonly low: number; readonly high: number } {
  const rate = accepted / decided;
  const spread = z ** 2 / decided;
  const centre = rate + spread / 2;
  const margin = z * Math.sqrt((rate * (1 - rate) + spread / 4) / decided);
  // At the ends the bound is 0 or 1 exactly; rounding must not pass it.
  return {
    low: accepted === 0 ? 0 : (centre - margin) / (1 + spread),
    high: accepted === decided ? 1 : (centre + margin) / (1 + spread),
  };
}
