/** Share of the cases whose cause is among the first `most` services of the answer. */
export function share(causes, answers, most) {
  const hits = causes.filter((cause, index) => answers[index].slice(0, most).includes(cause))
  return causes.length === 0 ? 1 : hits.length / causes.length
}

/** Figures below what was promised, as sentences. */
export function breaches(name, figures, promised = {}) {
  return Object.entries(promised).flatMap(([figure, least]) =>
    figures[figure] >= least
      ? []
      : [`${name}: ${figure} is ${figures[figure].toFixed(3)}, promised ${least}`],
  )
}
