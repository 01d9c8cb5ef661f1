/** Prometheus' label fingerprint: FNV-1a, 64 bit, over the sorted labels. */

const OFFSET = 14_695_981_039_346_656_037n
const PRIME = 1_099_511_628_211n
/** Ends every name and value; no UTF-8 text contains it. */
const SEPARATOR = 255

/**
 * The identity of a label set, 16 lower-case hex digits, equal to the vendor's own. Labels with empty values
 * do not count, nor do those named in `drop`.
 */
export function labelFingerprint(
  labels: Readonly<Record<string, string>>,
  drop: readonly string[] = [],
): string {
  const encoder = new TextEncoder()
  const pairs = Object.entries(labels)
    .filter(([name, value]) => value !== '' && !drop.includes(name))
    .map(([name, value]) => [encoder.encode(name), encoder.encode(value)] as const)
    .sort(([a], [b]) => compareBytes(a, b))
  let hash = OFFSET
  const feed = (byte: number): void => {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * PRIME)
  }
  for (const part of pairs.flat()) {
    part.forEach(feed)
    feed(SEPARATOR)
  }
  return hash.toString(16).padStart(16, '0')
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length)
  for (let index = 0; index < shared; index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}
