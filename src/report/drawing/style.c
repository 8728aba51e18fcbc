/* Colours are those of Okabe and Ito (2008), which people with any colour vision can tell apart, darkened
 * where text needs contrast on white and lightened on black. Before and after also differ in shape: a ring
 * and a dot. */
#include "report/drawing/style.h"

#include <stddef.h>

#define LIGHT                                                                                                \
  "--paper:#fff;--ink:#16181b;--muted:#5d636b;--rule:#dcdfe3;"                                               \
  "--before:#b34700;--after:#0064a8;--shade:0,100,168;"                                                      \
  "--k0:#0072b2;--k1:#d55e00;--k2:#009e73;--k3:#cc79a7;--k4:#e69f00;--k5:#56b4e9;--k6:#8c8c00;--k7:#6b6f76"

#define DARK                                                                                                 \
  "--paper:#14161a;--ink:#e8eaed;--muted:#a2a9b1;--rule:#32373e;"                                            \
  "--before:#f2935a;--after:#62b8ee;--shade:98,184,238;"                                                     \
  "--k0:#4fa8e0;--k1:#f2803d;--k2:#2cc295;--k3:#e09cc2;--k4:#f0b429;--k5:#8fd0f5;--k6:#cfcf3a;--k7:#9aa1a9"

/* clang-format off */
const char *const STYLE_CHARTS[] = {
    ":root{color-scheme:light dark;background:var(--paper);" LIGHT ";"
    "--sans:system-ui,-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",Arial,sans-serif}\n",
    "@media (prefers-color-scheme:dark){:root{" DARK "}}\n",
    "@media print{:root{" LIGHT "}}\n",

    ".plot text,.range text{font:12px var(--sans);font-variant-numeric:tabular-nums;fill:var(--ink)}\n",
    ".plot .head{font-size:13px;font-weight:600}\n",
    ".plot .mute,.plot .t-mute{fill:var(--muted)}\n",
    ".plot .t-before{fill:var(--before)}\n",
    ".plot .t-after{fill:var(--after)}\n",
    ".plot .halo{paint-order:stroke;stroke:var(--paper);stroke-width:3px}\n",

    ".plot path,.range line{fill:none;stroke-linecap:round;stroke-linejoin:round}\n",
    ".grid{stroke:var(--rule);stroke-width:1}\n",
    ".axis{stroke:var(--muted);stroke-width:1}\n",
    ".mark{stroke:var(--muted);stroke-width:1;stroke-dasharray:2 3}\n",
    ".ring{fill:none;stroke:var(--ink);stroke-width:1.5}\n",
    ".line{stroke-width:2}\n",
    ".thin{stroke-width:1;opacity:.55}\n",
    ".cloud{stroke-width:3;opacity:.75}\n",
    ".cloud.s-before{stroke-width:4;opacity:.9}\n",

    /* s: stroke; f: fill; i: interval; o: ring */
    ".s-ink{stroke:var(--ink)}.s-mute{stroke:var(--muted)}\n",
    ".s-before{stroke:var(--before)}.s-after{stroke:var(--after)}\n",
    ".f-mute{fill:var(--muted)}.f-before{fill:var(--before)}.f-after{fill:var(--after)}\n",
    ".i-before,.i-after{stroke-width:2;opacity:.55}\n",
    ".i-before{stroke:var(--before)}.i-after{stroke:var(--after)}\n",
    ".o-before,.o-after{fill:var(--paper);stroke-width:2}\n",
    ".o-before{stroke:var(--before)}.o-after{stroke:var(--after)}\n",
    ".k0{fill:var(--k0)}.k1{fill:var(--k1)}.k2{fill:var(--k2)}.k3{fill:var(--k3)}\n",
    ".k4{fill:var(--k4)}.k5{fill:var(--k5)}.k6{fill:var(--k6)}.k7{fill:var(--k7)}\n",
    ".s-k0{stroke:var(--k0)}.s-k1{stroke:var(--k1)}.s-k2{stroke:var(--k2)}.s-k3{stroke:var(--k3)}\n",
    ".s-k4{stroke:var(--k4)}.s-k5{stroke:var(--k5)}.s-k6{stroke:var(--k6)}.s-k7{stroke:var(--k7)}\n",
    NULL};

const char *const STYLE_PAGE[] = {
    "*{box-sizing:border-box}\n",
    "html{-webkit-text-size-adjust:100%;text-size-adjust:100%}\n",
    "body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 var(--sans)}\n",
    "main{max-width:1168px;margin:0 auto;padding:0 16px 48px}\n",

    /* words */
    "h1,h2,.lede{font-family:\"Iowan Old Style\",\"Palatino Linotype\",Palatino,P052,\"Book Antiqua\",Georgia,"
    "\"Noto Serif\",serif}\n",
    "h1{font-size:30px;line-height:1.22;font-weight:600;max-width:31em;margin:10px 0 14px;"
    "text-wrap:pretty;overflow-wrap:anywhere}\n",
    "h2{font-size:21px;line-height:1.25;font-weight:600;margin:0 0 4px;overflow-wrap:anywhere}\n",
    "h3{font-size:16px;margin:16px 0 4px}\n",
    "p{margin:0 0 12px;max-width:44em;overflow-wrap:anywhere}\n",
    "ul{margin:0 0 12px;padding-left:1.2em;max-width:44em}\n",
    "li{margin-bottom:4px;overflow-wrap:anywhere}\n",
    ".kicker{max-width:none;margin:24px 0 0;padding-top:10px;border-top:4px solid var(--ink);"
    "font-size:13px;color:var(--muted)}\n",
    ".kicker b{color:var(--ink)}\n",
    ".lede{font-size:18px}\n",
    ".note{color:var(--muted);font-size:14px}\n",
    ".after{margin-top:6px}\n",
    ".warn{border-left:4px solid var(--before);padding-left:12px}\n",
    "pre,code{font:12.5px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}\n",
    "pre{margin:0;padding:10px 12px;border:1px solid var(--rule);white-space:pre-wrap}\n",
    "details{margin:8px 0}\n",
    "summary{cursor:pointer}\n",
    "footer{margin-top:32px;padding-top:10px;border-top:1px solid var(--rule);color:var(--muted);font-size:13px}\n",

    /* places */
    "section{margin-top:32px;padding-top:14px;border-top:1px solid var(--rule)}\n",
    ".grid3{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(320px,100%),1fr));gap:20px 28px;"
    "margin-top:14px}\n",
    ".all{grid-column:1/-1}\n",
    ".split{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,2fr);gap:20px 28px;margin-top:16px}\n",
    ".beside{display:grid;grid-template:auto 1fr/minmax(0,2fr) minmax(0,1fr);gap:20px 28px;margin-top:10px}\n",
    ".beside>:nth-child(1){grid-area:1/2}\n",
    ".beside>:nth-child(2){grid-area:1/1/3/2}\n",
    ".beside>:nth-child(3){grid-area:2/2}\n",
    ".scroll{overflow-x:auto}\n",
    ".scroll+.scroll{margin-top:16px}\n",
    "figure{margin:0;max-width:400px;break-inside:avoid}\n",
    ".split>*>figure+figure{margin-top:20px}\n",
    "figcaption{margin-top:4px;color:var(--muted);font-size:13px;line-height:1.4;overflow-wrap:anywhere}\n",
    ".plot{display:block;width:100%;height:auto}\n",
    ".looks{display:grid;grid-template-columns:repeat(auto-fill,minmax(172px,1fr));gap:10px 14px}\n",
    ".looks img{display:block;width:100%;max-width:260px;height:auto;image-rendering:pixelated}\n",

    /* tables */
    "table{border-collapse:collapse;font-size:14px;line-height:1.3;font-variant-numeric:tabular-nums lining-nums}\n",
    "table+table{margin-top:20px}\n",
    "caption{max-width:calc(100vw - 32px);padding-bottom:8px;text-align:left;color:var(--muted);font-size:13px;"
    "line-height:1.4}\n",
    "th,td{padding:3px 14px 3px 0;vertical-align:baseline}\n",
    "th:last-child,td:last-child{padding-right:0}\n",
    "th{font-weight:600;text-align:left}\n",
    "thead th{padding-bottom:4px;border-bottom:1px solid var(--ink);vertical-align:bottom}\n",
    "tbody th{font-weight:400;white-space:nowrap}\n",
    "tbody tr+tr>*{border-top:1px solid var(--rule)}\n",
    ".narrow tbody th,tbody th.long{white-space:normal}\n",
    ".long{overflow-wrap:anywhere}\n",
    "th.long{min-width:5em}\n",
    ".path{min-width:11em;overflow-wrap:anywhere}\n",
    "td.n{text-align:right;white-space:nowrap}\n",
    "th.n{text-align:right}\n",
    ".to{color:var(--muted);font-size:12px;white-space:nowrap}\n",
    ".low,.low>*,.best>:nth-child(1),.best>:nth-child(3){font-weight:700}\n",
    ".none{color:var(--muted)}\n",
    ".c-before{color:var(--before)}\n",
    ".c-after{color:var(--after)}\n",
    ".wide{width:100%}\n",
    ".heat td,.heat th{padding:3px 7px}\n",
    ".heat td.n{background:rgba(var(--shade),calc(.5*var(--share,0)))}\n",
    ".heat td.right{outline:1px solid var(--muted);outline-offset:-2px}\n",
    ".hashes{width:100%;margin-top:8px}\n",
    ".hashes th{width:30%}\n",
    "td.range{vertical-align:middle}\n",
    "td.range,th.range{width:40%;padding-left:8px;padding-right:8px}\n",
    ".range svg{display:block;width:100%;min-width:44px;height:18px;overflow:visible}\n",

    "@media (max-width:820px){\n",
    ".split,.beside{display:block}\n",
    ".split>*,.beside>*{margin-bottom:24px}\n",
    "}\n",
    "@media (max-width:600px){\n",
    "h1{font-size:23px}\n",
    "h2{font-size:19px}\n",
    ".lede{font-size:16px}\n",
    "table{font-size:13px}\n",
    "th,td{padding-right:7px}\n",
    ".to{display:block;font-size:11px}\n",
    ".half{display:none}\n",
    "td.range,th.range{width:22%;padding-left:6px;padding-right:6px}\n",
    ".looks{grid-template-columns:repeat(2,minmax(0,1fr))}\n",
    "}\n",
    "@media print{\n",
    "*{print-color-adjust:exact;-webkit-print-color-adjust:exact}\n",
    "body{font-size:10.5pt}\n",
    "main{max-width:none;padding:0}\n",
    "h1{font-size:20pt}\n",
    "h2{font-size:13pt}\n",
    "h2,section>p{break-after:avoid}\n",
    "section{margin-top:14pt}\n",
    "tr,table.heat{break-inside:avoid}\n",
    ".kicker{margin-top:0}\n",
    ".grid3{grid-template-columns:repeat(2,1fr);gap:10pt 14pt}\n",
    ".split{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr)}\n",
    ".looks{grid-template-columns:repeat(2,1fr);gap:4pt 8pt}\n",
    ".scroll{overflow:visible}\n",
    "pre{columns:2;font-size:7pt}\n",
    "details::details-content{content-visibility:visible}\n",
    "}\n",
    NULL};
/* clang-format on */
