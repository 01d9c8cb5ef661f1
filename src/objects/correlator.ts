import { DurableObject } from 'cloudflare:workers'

export class Correlator extends DurableObject<Env> {}
