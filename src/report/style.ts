/** The page's style sheet: one column at 400 pixels, a grid at 1280, light and dark, and paper. */
import { dark, light, variables } from './charts/palette.js';

/** Rows below one another, each a list of its figures: what a table is where it has no room. */
const stack = (table: string): string =>
  [
    `${table},${table} tbody,${table} tr{display:block;width:100%}`,
    `${table} thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}`,
    `${table} tr{border-bottom:1px solid var(--line);padding:.35rem 0}`,
    `${table} tbody th{display:block;text-align:left;border:0;padding:.1rem 0}`,
    `${table} tbody th[data-head]::before{content:attr(data-head) ' '}`,
    `${table} td{display:flex;justify-content:space-between;gap:1rem;border:0;padding:.1rem 0;text-align:right!important;overflow-wrap:anywhere}`,
    `${table} td.nil{display:none}`,
    `${table} td::before{content:attr(data-head);color:var(--muted);text-align:left;flex:none;max-width:50%}`,
  ].join('');

/** A shadow at an edge beyond which a drawing goes on. Its cover lies at the drawing's own edge (`local`), and scrolls with it. */
const edges = ['left', 'right'] as const;
const ground = (to: string, colour: string, width: string): string =>
  `linear-gradient(to ${to},transparent,${colour}) ${to} 0 top 0/${width} 100% no-repeat`;
const moreBeside = [
  ...edges.map((edge) => `${ground(edge, 'var(--card) 60%', '2.5rem')} local`),
  ...edges.map((edge) => ground(edge, 'color-mix(in srgb,var(--muted) 50%,transparent)', '.7rem')),
].join(',');

export const style = `
:root{color-scheme:light dark;${variables(light)}}
@media (prefers-color-scheme:dark){:root{${variables(dark)}}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif;overflow-wrap:break-word}
main,header,footer{max-width:76rem;margin:0 auto;padding:0 1rem}
header{padding-top:1.75rem}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 .4rem;letter-spacing:-.01em}
h2{font-size:1.3rem;line-height:1.25;margin:0 0 .9rem;letter-spacing:-.005em}
h3{font-size:1.02rem;margin:0 0 .6rem}
p{margin:0 0 .7rem}
a{color:var(--link)}
a:focus-visible,summary:focus-visible,[tabindex]:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.lead,.subtitle,.nothing{color:var(--muted)}
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;top:.5rem;background:var(--card);padding:.3rem .6rem;z-index:1}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;list-style:none;margin:.6rem 0 1.2rem;padding:0;font-size:.92rem}
.state{display:inline-block;border:1.5px solid currentColor;border-radius:99px;padding:0 .6rem;font-size:.85rem;font-weight:600;vertical-align:.15em}
.state.failed{color:var(--grpo)}
.banner{background:var(--notice);border-left:5px solid var(--notice-line);border-radius:4px;padding:.7rem 1rem;margin:0 0 1rem}
.banner p:last-child{margin:0}
main>section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:1.3rem 1.3rem 1.1rem;margin:0 0 1.2rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,9.75rem),1fr));gap:.7rem;margin:0 0 1.1rem}
.tiles div{border:1px solid var(--line);border-radius:8px;padding:.55rem .8rem}
.tiles dt{color:var(--muted);font-size:.85rem}
.tiles dd{margin:0}
.tiles b{display:block;font-size:1.5rem;line-height:1.3;font-variant-numeric:tabular-nums}
.tiles span{color:var(--muted);font-size:.83rem}
.flow{list-style:none;margin:0 0 1.1rem;padding:0}
.flow>li{display:flex;flex-wrap:wrap;align-items:center;gap:.4rem .9rem;padding:.45rem 0;border-top:1px solid var(--line)}
.flow .cycle{font-weight:600;min-width:4.5rem}
.flow ol{display:flex;flex-wrap:wrap;gap:.35rem 0;list-style:none;margin:0;padding:0}
.flow ol li{display:flex;flex-direction:column;padding:0 1.5rem 0 0;position:relative;line-height:1.3}
.flow ol li:not(:last-child)::after{content:'→' / '';position:absolute;right:.35rem;top:0;color:var(--muted)}
.flow b{font-variant-numeric:tabular-nums}
.flow ol span{color:var(--muted);font-size:.8rem}
.runs{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,22rem),1fr));gap:1.2rem}
.run{min-width:0;border-top:3px solid var(--line);padding-top:.6rem}
.figures{display:flex;flex-wrap:wrap;gap:1.4rem 1.6rem;align-items:flex-start}
.chart{margin:0;min-width:0}
figcaption{font-size:.9rem;line-height:1.4;margin-bottom:.45rem}
figcaption strong{display:block}
figcaption span{color:var(--muted)}
.drawing{overflow-x:auto}
.drawing[tabindex]{background:${moreBeside}}
.drawing svg{display:block;width:100%;height:auto;font-family:inherit}
.legend{display:flex;flex-wrap:wrap;gap:.1rem 1rem;list-style:none;margin:.3rem 0;padding:0;font-size:.85rem;color:var(--muted)}
.legend .key{width:1rem;height:1rem;vertical-align:-.16em;margin-right:.35rem}
.legend .key.line{width:2rem}
details{margin:.2rem 0 0}
summary{cursor:pointer;color:var(--link);font-size:.88rem;width:fit-content;padding:.1rem .2rem}
.scroll{overflow-x:auto;margin:.3rem 0 .8rem;container-type:inline-size}
table{border-collapse:collapse;font-size:.87rem;font-variant-numeric:tabular-nums}
th,td{padding:.3rem .7rem;text-align:right;border-bottom:1px solid var(--line)}
th{font-weight:600}
.short{white-space:nowrap}
.broad .short{white-space:normal}
thead th{color:var(--muted);font-weight:500;vertical-align:bottom}
th:first-child{text-align:left;padding-left:0}
.words{text-align:left}
#setup td,#comparison td{text-align:left}
#setup th.figure,#comparison th.figure{text-align:left}
@container (max-width:34rem){table:not(.stacks) th,table:not(.stacks) td{overflow-wrap:anywhere}${stack('table.stacks')}}
@container (max-width:48rem){${stack('table.broad')}}
@container (max-width:84rem){${stack('table.widest')}}
.limits{padding-left:1.1rem;margin:0;max-width:62rem}
.limits li{margin-bottom:.35rem}
.limits+.runs{margin-top:1rem}
.gallery>summary{font-size:1rem;font-weight:600}
.kind{font-weight:600;margin:.8rem 0 .4rem}
.samples{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,15.5rem),1fr));gap:.9rem;list-style:none;margin:0;padding:0}
.samples>li{border:1px solid var(--line);border-radius:8px;padding:.8rem;font-size:.9rem;line-height:1.42;min-width:0}
.samples img{display:block;width:auto;height:9rem;max-width:100%;object-fit:contain;border-radius:4px;background:#000;margin-bottom:.5rem}
.missing{display:grid;place-items:center;height:9rem;border:1px dashed var(--line);border-radius:4px;color:var(--muted)}
.samples p{margin:0 0 .4rem}
.score{color:var(--muted)}
.score b{color:var(--ink)}
.truth{display:inline-block;border:1px solid currentColor;border-radius:99px;padding:0 .5rem;font-size:.78rem;white-space:nowrap;color:var(--ink)}
.truth.wrong{border-style:dashed}
.question{font-weight:600}
.options{list-style:none;margin:0 0 .4rem;padding:0}
.options li{padding-left:.7rem;border-left:3px solid var(--line)}
.options .chosen{border-left-color:var(--right)}
.options span,.source{color:var(--muted);font-size:.83rem}
.rationale{font-style:italic}
.opening{font-size:1.12rem;line-height:1.5;max-width:60rem;margin:.2rem 0 1rem}
.opening b{font-variant-numeric:tabular-nums}
.questions{border-top:1px solid var(--line);padding:.25rem 0}
.questions .samples{margin:.5rem 0}
.given{display:grid;grid-template-columns:auto 1fr;gap:.1rem .7rem;margin:0 0 .4rem}
.given dt{color:var(--muted);font-size:.85rem}
.given dd{margin:0}
.questions>summary{font-size:1rem;font-weight:600}
.questions>div{scroll-margin-top:1rem}
:target>.kind{text-decoration:underline}
pre{overflow-x:auto;font:.83rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;border:1px solid var(--line);border-radius:6px;padding:.8rem;margin:.5rem 0 0}
footer{color:var(--muted);font-size:.86rem;padding-bottom:2rem}
@media (max-width:30rem){main,header,footer{padding:0 .6rem}header{padding-top:1rem}main>section{padding:1rem .8rem}h1{font-size:1.45rem}th,td{padding:.3rem .35rem}.opening{font-size:1.03rem}}
@media print{
:root{color-scheme:light;${variables(light)}--page:#fff}
body{font-size:10.5pt}
nav,.skip{display:none}
main,header,footer{max-width:none;padding:0}
main>section{border:0;border-top:1pt solid #999;border-radius:0;padding:.8rem 0}
.chart,.samples>li,.tiles div,.flow>li{break-inside:avoid}
h2,h3,.kind{break-after:avoid}
.gallery::details-content{content-visibility:visible;block-size:auto}
.figures details,.chart details{display:none}
.scroll,.drawing{overflow:visible;background:none!important}
th,td,.short{padding:.2rem .3rem;white-space:normal}
table{font-size:7.5pt}
.runs{display:block}
.drawing svg{min-width:0!important}
.chart{max-width:48%}
.chart.wide{max-width:100%}
}
`;
