/** CPU and memory in use, in the units of people: millicores and mebibytes. */
import * as z from 'zod'

export interface Usage {
  readonly namespace: string | null
  /** Pod or node. */
  readonly name: string
  /** Null for a node. */
  readonly container: string | null
  readonly cpuMillicores: number
  readonly memoryMiB: number
}

const amounts = z.object({ cpu: z.string(), memory: z.string() })
const metrics = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), namespace: z.string().nullish() }),
      containers: z.array(z.object({ name: z.string(), usage: amounts })).nullish(),
      usage: amounts.nullish(),
    }),
  ),
})

/** Rows of an answer of the metrics API; none when it is no such answer. */
export function usageOf(data: unknown): readonly Usage[] {
  const parsed = metrics.safeParse(data)
  if (!parsed.success) return []
  return parsed.data.items.flatMap(({ metadata: { name, namespace = null }, containers, usage }) => {
    const row = (container: string | null, it: z.infer<typeof amounts>): Usage => ({
      namespace: namespace ?? null,
      name,
      container,
      cpuMillicores: Math.round(millicores(it.cpu)),
      memoryMiB: Math.round(mebibytes(it.memory)),
    })
    if (usage != null) return [row(null, usage)]
    return (containers ?? []).map((it) => row(it.name, it.usage))
  })
}

/**
 * Rows of `top --no-headers`: pods with their containers, or nodes, which have a percentage beside each figure.
 * @param spans whether the first column is the namespace
 */
export function usageOfTable(text: string, of: 'pods' | 'nodes', spans: boolean): readonly Usage[] {
  return text.split('\n').flatMap((line) => {
    const columns = line.trim().split(/\s+/)
    const namespace = of === 'pods' && spans ? (columns.shift() ?? null) : null
    const [name, second, third, fourth] = columns
    const [container, cpu, memory] =
      of === 'pods' ? [second ?? null, third, fourth] : ([null, second, fourth] as const)
    if (name === undefined || name === '' || cpu === undefined || memory === undefined) return []
    return [
      {
        namespace,
        name,
        container,
        cpuMillicores: Math.round(millicores(cpu)),
        memoryMiB: Math.round(mebibytes(memory)),
      },
    ]
  })
}

const CPU: Readonly<Record<string, number>> = { n: 1e-6, u: 1e-3, m: 1, '': 1000 }

/** A Kubernetes quantity of cores, in thousandths. */
function millicores(quantity: string): number {
  const [, figure = '0', unit = ''] = /^([\d.]+)([num]?)$/.exec(quantity) ?? []
  return Number(figure) * (CPU[unit] ?? 0)
}

const MEMORY: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  m: 1e-3,
}

function mebibytes(quantity: string): number {
  const [, figure = '0', unit = ''] = /^([\d.]+)(\w*)$/.exec(quantity) ?? []
  return (Number(figure) * (MEMORY[unit] ?? 0)) / 2 ** 20
}
