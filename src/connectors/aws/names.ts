/** Which resources of AWS are a service's. */

/** Which of the services a resource is of, and whether by its very name. Of two, the one whose name says more. */
export function ownerOf(name: string, services: readonly string[]) {
  const [service] = services.filter((one) => isOf(name, one)).toSorted((a, b) => b.length - a.length)
  return service === undefined ? null : { service, isExact: standsIn(name, service, ['/']) }
}

/** `/ecs/checkout`, `targetgroup/prod-checkout/6d0ecf` and `prod_checkout` are of `checkout`, `checkout-worker` is not. */
export const isOf = (name: string, service: string): boolean => standsIn(name, service, ['/', '_', '.', '-'])

function standsIn(name: string, service: string, behind: readonly string[]): boolean {
  const parts = `/${name}/`.toLowerCase()
  return behind.some((before) => parts.includes(`${before}${service.toLowerCase()}/`))
}
