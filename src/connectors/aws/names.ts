/** Which resources of AWS are a service's. */

/** `/ecs/checkout`, `targetgroup/prod-checkout/6d0ecf` and `prod_checkout` are of `checkout`, `checkout-worker` is not. */
export function isOf(name: string, service: string): boolean {
  const parts = `/${name}/`.toLowerCase()
  return ['/', '_', '.', '-'].some((before) => parts.includes(`${before}${service.toLowerCase()}/`))
}
