/** Providers with a public status page that speaks Statuspage's `/api/v2/summary.json`, and the words they are known by. */

export interface Provider {
  /** Shown to people. */
  readonly title: string
  /** The status page's host. */
  readonly host: string
  /** Whole words that name it in an alert; general words of the language are left out. */
  readonly words: readonly string[]
}

const provider = (title: string, host: string, ...words: string[]): Provider => ({ title, host, words })

export const PROVIDERS = {
  anthropic: provider('Anthropic', 'status.claude.com', 'anthropic', 'claude'),
  atlassian: provider('Atlassian', 'status.atlassian.com', 'atlassian'),
  bitbucket: provider('Bitbucket', 'bitbucket.status.atlassian.com', 'bitbucket'),
  circleci: provider('CircleCI', 'status.circleci.com', 'circleci'),
  cloudflare: provider('Cloudflare', 'www.cloudflarestatus.com', 'cloudflare'),
  confluent: provider('Confluent Cloud', 'status.confluent.cloud', 'confluent'),
  datadog: provider('Datadog', 'status.datadoghq.com', 'datadog', 'datadoghq'),
  digitalocean: provider('DigitalOcean', 'status.digitalocean.com', 'digitalocean'),
  elastic_cloud: provider('Elastic Cloud', 'status.elastic.co', 'elastic cloud'),
  flyio: provider('Fly.io', 'status.flyio.net', 'fly.io', 'flyio'),
  github: provider('GitHub', 'www.githubstatus.com', 'github'),
  grafana_cloud: provider('Grafana Cloud', 'status.grafana.com', 'grafana cloud'),
  launchdarkly: provider('LaunchDarkly', 'status.launchdarkly.com', 'launchdarkly'),
  linode: provider('Linode', 'status.linode.com', 'linode'),
  mailgun: provider('Mailgun', 'status.mailgun.com', 'mailgun'),
  mongodb_atlas: provider('MongoDB Atlas', 'status.mongodb.com', 'mongodb atlas'),
  netlify: provider('Netlify', 'www.netlifystatus.com', 'netlify'),
  newrelic: provider('New Relic', 'status.newrelic.com', 'new relic', 'newrelic'),
  npm: provider('npm', 'status.npmjs.org', 'npmjs', 'registry.npmjs.org'),
  openai: provider('OpenAI', 'status.openai.com', 'openai'),
  plaid: provider('Plaid', 'status.plaid.com', 'plaid'),
  sendgrid: provider('SendGrid', 'status.sendgrid.com', 'sendgrid'),
  sentry: provider('Sentry', 'status.sentry.io', 'sentry.io'),
  shopify: provider('Shopify', 'www.shopifystatus.com', 'shopify'),
  snowflake: provider('Snowflake', 'status.snowflake.com', 'snowflake'),
  supabase: provider('Supabase', 'status.supabase.com', 'supabase'),
  twilio: provider('Twilio', 'status.twilio.com', 'twilio'),
  vercel: provider('Vercel', 'www.vercel-status.com', 'vercel'),
} as const

export type ProviderName = keyof typeof PROVIDERS

const isProvider = (name: string): name is ProviderName => Object.hasOwn(PROVIDERS, name)

/** In alphabetical order. */
export const PROVIDER_NAMES: readonly ProviderName[] = Object.keys(PROVIDERS).filter(isProvider)

/** The providers that a text names. Addresses in it say where a tool lives, not what is broken. */
export function providersIn(text: string): readonly ProviderName[] {
  const plain = text.replaceAll(/https?:\/\/\S+/gi, ' ').toLowerCase()
  return PROVIDER_NAMES.filter((name) => PROVIDERS[name].words.some((word) => standsIn(plain, word)))
}

function standsIn(text: string, word: string): boolean {
  const at = text.indexOf(word)
  return at >= 0 && !/[a-z0-9]/.test(text.charAt(at - 1)) && !/[a-z0-9]/.test(text.charAt(at + word.length))
}
