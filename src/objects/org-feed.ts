import { DurableObject } from 'cloudflare:workers'

export class OrgFeed extends DurableObject<Env> {}
