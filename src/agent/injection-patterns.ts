/** What an imitated instruction looks like. Every repetition is bounded or disjoint, so that no text makes matching slow. */

export type ScanRule =
  | 'instruction_override'
  | 'role_imitation'
  | 'credential_request'
  | 'contact_url'
  | 'run_command'
  | 'hidden_characters'
  | 'encoded_blob'

/** Points of each rule; 3 and more quarantine. */
export const SCORES: Readonly<Record<ScanRule, number>> = {
  instruction_override: 3,
  role_imitation: 3,
  credential_request: 3,
  contact_url: 2,
  run_command: 2,
  hidden_characters: 2,
  encoded_blob: 1,
}

const GAP = String.raw`(?:[^\p{L}\p{N}]+[\p{L}\p{N}]+){0,4}?[^\p{L}\p{N}]+`
// Runbooks tell people to ignore, too: a warning, a rule of a firewall. What a model was told before is something else.
const DEFY = String.raw`(?:ignore|disregard|forget|do not (?:follow|obey)|don't (?:follow|obey)|stop (?:following|obeying))`
const UNDO = String.raw`(?:override|overrule|bypass|neglect|discard|drop)`
const BETWEEN = String.raw`(?:[^\p{L}\p{N}]+[\p{L}\p{N}]+){0,3}?[^\p{L}\p{N}]+`
const EARLIER = String.raw`(?:previous|prior|above|earlier|preceding|former|foregoing|original|initial)`
const STATED = String.raw`(?:${EARLIER}|all|any|every|your|these|those|system|safety|the)`
const RULEBOOK = String.raw`(?:instructions?|prompts?|guidelines|directions|directives|training|guardrails|safeguards)`
const RULES = String.raw`(?:rules|orders|restrictions|constraints|policies|context)`
const NOT_EXCLUDED = String.raw`(?:[^\p{L}\p{N}]+(?!(?:not|never|without|except)\b)[\p{L}\p{N}]+){0,4}?[^\p{L}\p{N}]+`
const SECRETS = String.raw`(?:api[ _-]?keys?|passwords?|credentials?|secrets?|(?:access |auth |bearer |session )?tokens?|environment variables?|env vars?|private keys?|ssh keys?|system prompt|hidden prompt|\.env|connection strings?|cookies)`
// A log says "failed to send the token"; a bare "ERROR" before it is only the level of the line.
const NOT_A_FAILURE = String.raw`(?<!(?:failed|unable|failing|refused|tried|cannot|could not|can't|couldn't|did not|does not)\s{1,8}(?:to\s{1,8})?)(?<!(?:error|timeout)\s{1,8}to\s{1,8})`

/** As the text that it is matched against: compatibility forms resolved, and without marks. */
const foldedSource = (source: string): string => source.normalize('NFKD').replaceAll(/\p{M}/gu, '')

const unicode = (source: string): RegExp => new RegExp(source, 'gu')

const FIGURES: Readonly<Record<string, string>> = {
  0: 'o',
  1: 'l',
  i: 'l',
  '!': 'l',
  '|': 'l',
  3: 'e',
  4: 'a',
  '@': 'a',
  5: 's',
  $: 's',
  7: 't',
}

/** The letters of a folded text as they are meant, whatever figure stands for one; i, l and 1 are the same. */
export const lettersOf = (text: string): string =>
  text.replaceAll(/[01i!|34@5$7]/g, (figure) => FIGURES[figure] ?? '').replaceAll(/[^a-z]+/g, '')

const oneOf = (words: string): string => `(?:${words.split(' ').map(lettersOf).join('|')})`

/** The plainest override, for the letters of a text: words that are run into one, or spelled with figures, have no bounds. */
export const RUN_TOGETHER = unicode(
  oneOf('ignore disregard forget override bypass') +
    `${oneOf('all any the of your my')}{0,3}` +
    oneOf('previous prior above earlier preceding your system') +
    oneOf('instruction prompt guideline directive'),
)

/** Written for folded text: lower case, and letters without the marks above them (so и for й). */
export const PATTERNS: Readonly<Record<Exclude<ScanRule, 'hidden_characters'>, readonly RegExp[]>> = {
  instruction_override: [
    unicode(String.raw`\b(?:${DEFY}|${UNDO})${BETWEEN}${STATED}${GAP}${RULEBOOK}(?![\p{L}\p{N}])`),
    unicode(
      String.raw`\b${DEFY}${BETWEEN}(?:${EARLIER}|your|these|those|all|any|every|safety)${GAP}${RULES}(?![\p{L}\p{N}])`,
    ),
    unicode(String.raw`\b${UNDO}${BETWEEN}(?:your|safety)${GAP}${RULES}(?![\p{L}\p{N}])`),
    unicode(
      String.raw`\b(?:ignore|disregard|forget)[^\p{L}\p{N}]+(?:everything|anything|what(?:ever)?)${GAP}?(?:above|before|said|told|earlier|know|previously)\b`,
    ),
    unicode(
      String.raw`\b(?:ignore|disregard|forget)[^\p{L}\p{N}]+(?:the|all|any)[^\p{L}\p{N}]+(?:above|previous|preceding)\b`,
    ),
    unicode(
      String.raw`\b(?:new|updated|revised|real|actual|additional|important|secret)[^\p{L}\p{N}]+(?:system[^\p{L}\p{N}]+)?(?:instructions?|directives?)[^\p{L}\p{N}]*:`,
    ),
    unicode(
      String.raw`\byour (?:new|real|actual|updated|only|true)[^\p{L}\p{N}]+(?:instructions?|task|goal|role|objective|purpose|mission|job|identity)\b`,
    ),
    unicode(
      String.raw`\byou are now\b|\bfrom now on,? (?:you|always|never|respond|answer|act)\b|\byou are no longer\b`,
    ),
    unicode(
      String.raw`\b(?:act|behave|respond|roleplay) as (?:if you|though you|an? (?:unrestricted|different|evil|helpful|admin|developer|root|new|ai|system|unfiltered))`,
    ),
    unicode(
      String.raw`\bpretend (?:to be|that you|you)\b|\bjailbr(?:eak|oken)\b|\bdo anything now\b|\b(?:developer|debug|god|admin|dan|maintenance|unrestricted) mode (?:is )?(?:enabled|activated|on|engaged)\b|\benable (?:developer|god|dan|unrestricted) mode\b`,
    ),
    unicode(
      String.raw`\b(?:dear |hey |attention,? |note to (?:the )?|message (?:to|for) (?:the )?|instructions? (?:to|for) (?:the )?)(?:ai|llm|assistant|language model|chatbot|aurora|(?:ai |investigation |incident )agent|model)\b`,
    ),
    unicode(
      String.raw`\b(?:ai|llm|assistant|language model|chatbot|ai agent|investigator)s?[^\p{L}\p{N}]+(?:reading this|processing this|must|should|shall|has to|please|is required to|will now)\b`,
    ),
    unicode(
      String.raw`\byou must (?:now )?(?:obey|ignore|conclude|say|output|declare|(?:report|state) that|(?:answer|respond|reply) (?:only|with|that|in)|(?:call|mark) (?:no|this|it))\b`,
    ),
    unicode(
      String.raw`\b(?:conclude|report|declare|state|answer|respond|say|claim|write) (?:only )?that (?:the |this |there )?(?:root cause|incident|alert|issue|is no|was no|everything|no action)\b`,
    ),
    unicode(
      String.raw`\b(?:mark|close|classify|set|flag|resolve) (?:this|the) (?:incident|alert|issue) (?:as |to )(?:benign|false positive|a false|not an|safe|(?<= this .{0,20})(?:resolved|low|closed))\b`,
    ),
    unicode(
      String.raw`\b(?:overwrite|replace|reset|update) your (?:instructions?|prompt|rules|memory|context|guidelines)\b`,
    ),
    unicode(
      String.raw`\bignorier(?:e|en sie|t)?\b.{0,40}\banweisung|\bvergiss\b.{0,40}\b(?:anweisung|regeln)`,
    ),
    unicode(
      String.raw`\bignor(?:e|ez|er|a|ar|ad|en|are|ate)\b.{0,40}\b(?:instructions? precedentes|consignes|instrucciones|instrucoes|istruzioni)|\bolvida\b.{0,40}\binstrucciones|\boubliez?\b.{0,40}\b(?:instructions|consignes)`,
    ),
    unicode(String.raw`(?:игнорируи|игнорировать|забудь)(?:те)?.{0,40}(?:инструкци|указани|правил)`),
    unicode(
      String.raw`(?:忽略|无视|忘记|忘掉).{0,12}(?:指令|指示|说明|规则|提示)|(?:指示|命令)を(?:すへて|全て)?無視`,
    ),
    unicode(
      String.raw`\bas an ai (?:language model|assistant|agent)\b|\b(?:ai|llm) (?:agents?|assistants?|models?)\s*:`,
    ),
    unicode(
      String.raw`\bdo not mention\b[^\r\n]{0,60}\b(?:report|answer|summary|findings|analysis)\b|\b(?:do not|stop) investigat(?:e|ing)\b|\bforget about (?:the|this) (?:alert|incident|issue)\b`,
    ),
    unicode(
      String.raw`\b(?:answer|respond|reply) only with\b|\byou only (?:answer|respond|reply|say)\b|\byou may now (?:(?:execute|run|do)\b[^.\r\n]{0,40}\bwithout|act|ignore)\b|\breport this (?:incident|alert|issue) as\b`,
    ),
    unicode(
      String.raw`\bnew (?:prompt|task|orders?)\s*:|\b(?:begin|start)(?: of)? (?:new )?(?:system )?prompt\b|\bsupersedes? (?:your|all|any)\b|\b(?:rules|instructions|guidelines|restrictions) no longer apply\b`,
    ),
    unicode(
      String.raw`\bconclude (?:only )?that (?:the )?(?:cause|reason|culprit)\b|\bdecode\b[^\r\n]{0,40}\b(?:follow|obey|execute)\b`,
    ),
    // i g n o r e: letters one by one.
    unicode(String.raw`(?<![\p{L}\p{N}])(?:\p{L}[ .*_-]{1,2}){11,}\p{L}(?![\p{L}\p{N}])`),
    unicode(
      String.raw`\bnegeer\b.{0,40}\b(?:instructies|regels)|\bz?ignoruj\b.{0,40}\b(?:instrukcj|polece)|\btalimatlar.{0,24}\b(?:yok say|unut)`,
    ),
    unicode(
      foldedSource(
        String.raw`(?:지시|명령|지침).{0,24}무시|تجاهل.{0,40}(?:التعليمات|الأوامر)|निर्देश.{0,24}(?:अनदेखा|नजरअंदाज)`,
      ),
    ),
  ],
  role_imitation: [
    unicode(
      String.raw`<\|[a-z_ ]{2,24}\|>|\[/?inst\]|<</?sys>>|<start_of_turn>|<end_of_turn>|\[/?system\]|\[system[ _](?:message|prompt|note)[^\]]*\]`,
    ),
    unicode(
      String.raw`</?(?:system|assistant|developer|instructions?|tool_calls?|tool_results?|tool_use|tool_response|function_calls?|function_results?|invoke|antml:[a-z_]+|user_query|system_prompt|sys)\b[^>]{0,80}>`,
    ),
    unicode(String.raw`\\?["']role\\?["']\s*:\s*\\?["'](?:system|assistant|developer|tool|user)\\?["']`),
    unicode(
      String.raw`\\?["'](?:tool_calls?|function_call|tool_use|tool_call_id|tooluse|toolcalls?)\\?["']\s*:`,
    ),
    unicode(
      String.raw`(?<!#)#{2,6}[ \t]*(?:instructions?|system|assistant|response|developer|user|human)\b\s*(?:prompt|message)?\s*:?`,
    ),
    unicode(String.raw`(?:^|[\r\n])[ \t]*(?:assistant|human|ai)\s*:`),
    unicode(
      String.raw`(?:^|[\r\n])[ \t]*(?:system|user|developer)\s*:\s*(?:you|ignore|disregard|forget|from now|the (?:assistant|model|ai)|new |override|do not|always|never|please|now )`,
    ),
    unicode(
      String.raw`\b(?:system|developer) (?:prompt|message|override|instruction|notice)\s*(?::|=|-{2,})`,
    ),
    unicode(String.raw`\b(?:submit_findings|read_evidence|note_hypothesis)\s*[({]`),
    unicode(
      String.raw`\b(?:end|begin|start|beginning) of (?:the )?(?:untrusted |user |tool )?(?:data|context|prompt|input|system prompt|output|instructions)\b|<<<\s*/?\s*(?:data|end|untrusted)|\bend>>>`,
    ),
    unicode(String.raw`\b(?:submit_findings|submit_review|note_hypothesis)\b`),
    unicode(
      String.raw`</?(?:thinking|scratchpad|antthinking)>|\x60{3}\s*(?:system|assistant|developer)\b|(?:^|[\r\n])[ \t]*role\s*:\s*(?:system|assistant|developer)\b(?!:\p{L})|\brole\s*:\s*(?:system|assistant|developer)\s+content\s*:`,
    ),
    unicode(
      String.raw`\\?["']type\\?["']\s*:\s*\\?["'](?:tool_use|tool_result|tool_call|function_call)\\?["']`,
    ),
  ],
  credential_request: [
    unicode(
      String.raw`${NOT_A_FAILURE}\b(?:send|reveal|print|leak|exfiltrate|disclose|dump|e-?mail|upload|forward|expose|output|paste|repeat|tell|give|show|share|post|include|append|echo|transmit|encode)(?:[^\p{L}\p{N}]+[\p{L}\p{N}]+){0,3}?[^\p{L}\p{N}]+(?:your|the|all|any|every|me|us|our|my|its)${NOT_EXCLUDED}${SECRETS}(?![\p{L}\p{N}])`,
    ),
    unicode(String.raw`\bexfiltrat(?:e|ing)\b`),
    unicode(
      String.raw`\bwhat(?:'s| is| are) (?:your|the)[^\p{L}\p{N}]+(?:system prompt|hidden prompt|initial (?:prompt|instructions)|instructions|api key|passwords?|credentials)\b`,
    ),
    unicode(
      String.raw`\b(?:repeat|print|output|reveal|show|display)(?:[^\p{L}\p{N}]+[\p{L}\p{N}]+){0,3}?[^\p{L}\p{N}]+(?:your|the|everything|words|text)${GAP}?(?:system prompt|prompt verbatim|instructions verbatim|above verbatim|initial prompt|instructions above|above this line)\b`,
    ),
    unicode(String.raw`!\[[^\]]{0,80}\]\(\s*https?:\/\/[^)\s]{0,300}[?&][^)\s]{0,100}=\s*(?:\{|%7b|<|\$|\[)`),
    unicode(
      String.raw`\b(?:translate|print|repeat|output|encode)\b[^\r\n]{0,30}\byour (?:instructions|prompt|rules|configuration)\b`,
    ),
    unicode(
      String.raw`\b(?:include|add|insert|embed)\b[^\r\n]{0,30}\b(?:link|image|url|picture)\b[^\r\n]{0,20}https?:\/\/`,
    ),
  ],
  contact_url: [
    unicode(
      String.raw`\b(?:visit|open|click|browse(?: to)?|go to|navigate to|fetch|download|load|get|call|request|contact|connect to|post|report|upload|send|forward|submit|curl|wget|query|ping|reach out to)\b[^\r\n]{0,80}?(?:https?|ftp|wss?):\/\/`,
    ),
    unicode(String.raw`\b(?:curl|wget)\s+\S`),
    // An address that ends with a parameter to be filled.
    unicode(String.raw`\b(?:https?|wss?):\/\/[^\s"'<>]{1,300}[?&][\w.-]{1,40}=(?=[\s"'<{[(]|$)`),
  ],
  run_command: [
    unicode(
      String.raw`${NOT_A_FAILURE}\b(?:run|execute|type|enter|issue|invoke|paste|launch|use|call)\b(?:[^\p{L}\p{N}\r\n]+[\p{L}\p{N}]+){0,5}?[^\p{L}\p{N}\r\n]+(?:command|commands|script|shell|bash|sh|kubectl|sudo|rm|curl|wget|powershell|terraform|sql|query|python|tool|function|helm|aws|gcloud|docker)\b`,
    ),
    unicode(
      String.raw`\brm\s+-[rf]{1,2}\b|\|\s*(?:ba|z)?sh\b|\bkubectl\s+delete\b|\bdrop\s+(?:table|database)\b|;\s*shutdown\b|\$\([^)\r\n]{1,80}\)`,
    ),
  ],
  encoded_blob: [
    /(?:[a-z0-9+/_-]{201,}={0,2}|(?:%[0-9a-f]{2}){70,}|(?:\\x[0-9a-f]{2}){50,}|(?:\\u[0-9a-f]{4}){34,})/gu,
  ],
}
