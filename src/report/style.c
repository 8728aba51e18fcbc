/* Colours are those of Okabe and Ito (2008), which people with any colour vision can tell apart, darkened
 * where text needs contrast on white and lightened on black. Before and after also differ in shape: a ring
 * and a dot. */
#include "report/style.h"

#include <stddef.h>

const char *const STYLE_CHARTS[] = {
    ":root{color-scheme:light dark;background:var(--paper);"
    "--paper:#fff;--ink:#16181b;--muted:#5d636b;--rule:#dcdfe3;--strong:#16181b;"
    "--before:#b34700;--after:#0064a8;--third:#00735a;--shade:0,100,168;"
    "--k0:#0072b2;--k1:#d55e00;--k2:#009e73;--k3:#cc79a7;--k4:#e69f00;--k5:#56b4e9;--k6:#8c8c00;--k7:#6b6f76;"
    "--sans:system-ui,-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",Arial,sans-serif}\n",
    "@media (prefers-color-scheme:dark){:root{"
    "--paper:#14161a;--ink:#e8eaed;--muted:#a2a9b1;--rule:#32373e;--strong:#e8eaed;"
    "--before:#f2935a;--after:#62b8ee;--third:#3cc49c;--shade:98,184,238;"
    "--k0:#4fa8e0;--k1:#f2803d;--k2:#2cc295;--k3:#e09cc2;--k4:#f0b429;--k5:#8fd0f5;--k6:#cfcf3a;--k7:#9aa1a9}"
    "}\n",
    "@media print{:root{--paper:#fff;--ink:#000;--muted:#444;--rule:#ccc;--strong:#000;"
    "--before:#b34700;--after:#0064a8;--third:#00735a;--shade:0,100,168;"
    "--k0:#0072b2;--k1:#d55e00;--k2:#009e73;--k3:#cc79a7;--k4:#e69f00;--k5:#56b4e9;--k6:#8c8c00;--k7:#6b6f76}"
    "}\n",
    ".plot text,.range text{font:12px var(--sans);font-variant-numeric:tabular-nums;fill:var(--ink)}\n",
    ".plot .head{font-size:13px;font-weight:600}\n",
    ".plot .halo{paint-order:stroke;stroke:var(--paper);stroke-width:3px}\n",
    ".plot .mute{fill:var(--muted)}\n",
    ".plot path,.range path,.range line{fill:none;stroke-linecap:round;stroke-linejoin:round}\n",
    ".grid{stroke:var(--rule);stroke-width:1}\n",
    ".axis{stroke:var(--muted);stroke-width:1}\n",
    ".mark{stroke:var(--muted);stroke-width:1;stroke-dasharray:2 3}\n",
    ".ring{fill:none;stroke:var(--ink);stroke-width:1.5}\n",
    ".line{stroke-width:2}\n",
    ".thin{stroke-width:1;opacity:.55}\n",
    ".s-before{stroke:var(--before)}.s-after{stroke:var(--after)}.s-third{stroke:var(--third)}"
    ".s-ink{stroke:var(--ink)}.s-mute{stroke:var(--muted)}\n",
    ".i-before{stroke:var(--before);stroke-width:2;opacity:.55}"
    ".i-after{stroke:var(--after);stroke-width:2;opacity:.55}\n",
    ".o-before{fill:var(--paper);stroke:var(--before);stroke-width:2}"
    ".o-after{fill:var(--paper);stroke:var(--after);stroke-width:2}\n",
    ".f-before{fill:var(--before)}.f-after{fill:var(--after)}.f-third{fill:var(--third)}.f-mute{fill:var(--"
    "muted)}\n",
    ".plot .t-before{fill:var(--before)}.plot .t-after{fill:var(--after)}.plot .t-third{fill:var(--third)}"
    ".plot .t-mute{fill:var(--muted)}\n",
    ".k0{fill:var(--k0)}.k1{fill:var(--k1)}.k2{fill:var(--k2)}.k3{fill:var(--k3)}.k4{fill:var(--k4)}"
    ".k5{fill:var(--k5)}.k6{fill:var(--k6)}.k7{fill:var(--k7)}\n",
    ".s-k0{stroke:var(--k0)}.s-k1{stroke:var(--k1)}.s-k2{stroke:var(--k2)}.s-k3{stroke:var(--k3)}"
    ".s-k4{stroke:var(--k4)}.s-k5{stroke:var(--k5)}.s-k6{stroke:var(--k6)}.s-k7{stroke:var(--k7)}\n",
    ".cloud{stroke-width:3;opacity:.7}\n",
    NULL};

const char *const STYLE_PAGE[] = {
    "*{box-sizing:border-box}\n",
    "html{-webkit-text-size-adjust:100%;text-size-adjust:100%}\n",
    "body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 var(--sans)}\n",
    "main{max-width:1168px;margin:0 auto;padding:0 16px 48px}\n",
    "h1,h2,.lede{font-family:\"Iowan Old Style\",\"Palatino Linotype\",Palatino,P052,\"Book "
    "Antiqua\",Georgia,"
    "\"Noto Serif\",serif}\n",
    "h1{font-size:30px;line-height:1.22;font-weight:600;max-width:31em;margin:10px 0 14px;text-wrap:pretty;"
    "overflow-wrap:anywhere}\n",
    "h2{font-size:21px;line-height:1.25;font-weight:600;margin:0 0 4px}\n",
    "p{margin:0 0 12px;max-width:44em;overflow-wrap:anywhere}\n",
    ".kicker{border-top:4px solid var(--strong);padding-top:10px;margin:24px 0 "
    "0;max-width:none;font-size:13px;"
    "color:var(--muted)}\n",
    ".kicker b{color:var(--ink)}\n",
    ".lede{font-size:18px}\n",
    ".note{color:var(--muted);font-size:14px}\n",
    ".warn{border-left:4px solid var(--before);padding-left:12px}\n",
    "section{border-top:1px solid var(--rule);margin-top:32px;padding-top:14px}\n",
    ".grid3{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(320px,100%),1fr));gap:20px 28px;"
    "margin-top:14px}\n",
    "figure{margin:0;max-width:400px;break-inside:avoid}\n",
    "figcaption{color:var(--muted);font-size:13px;line-height:1.4;margin-top:4px;overflow-wrap:anywhere}\n",
    ".plot{display:block;width:100%;height:auto}\n",
    ".scroll{overflow-x:auto}\n",
    "table{border-collapse:collapse;font-size:14px;line-height:1.3;font-variant-numeric:tabular-nums "
    "lining-nums}\n",
    "caption{text-align:left;color:var(--muted);font-size:13px;line-height:1.4;padding-bottom:8px;max-width:"
    "calc(100vw - 32px)}\n",
    "th{font-weight:600;text-align:left;vertical-align:bottom}\n",
    ".long{overflow-wrap:anywhere}\n",
    "thead th{border-bottom:1px solid var(--strong);padding-bottom:4px}\n",
    "tbody th{font-weight:400;white-space:nowrap;vertical-align:baseline}\n",
    ".narrow tbody th{white-space:normal}tbody "
    "th.long{white-space:normal;min-width:5.5em}.n.long{min-width:4.5em}\n",
    "th,td{padding:3px 14px 3px 0}td{vertical-align:baseline}\n",
    "th:last-child,td:last-child{padding-right:0}\n",
    ".n{text-align:right;white-space:nowrap}\n",
    "th.n{white-space:normal}\n",
    ".to{color:var(--muted);font-size:12px;white-space:nowrap}\n",
    "tbody tr+tr>*{border-top:1px solid var(--rule)}\n",
    ".low{font-weight:700}.best>*:nth-child(1),.best>*:nth-child(3){font-weight:700}\n",
    ".heat td,.heat th{padding:3px 7px}.heat td.n{background:rgba(var(--shade),calc(.5*var(--share,0)))}\n",
    ".all{grid-column:1/-1}.none{color:var(--muted)}\n",
    ".hashes{width:100%;margin-top:8px}.hashes th{width:30%}\n",
    "table+table{margin-top:20px}.grid3+table{margin-top:16px}\n",
    ".c-before{color:var(--before)}.c-after{color:var(--after)}\n",
    ".wide{width:100%}\n",
    ".wide .range{width:100%;min-width:70px}\n",
    "td.range,th.range{width:40%;padding-left:8px;padding-right:8px}\n",
    ".range svg{display:block;width:100%;height:18px;overflow:visible}\n",
    ".grid3:empty{display:none}.grid3+.grid3{margin-top:24px}\n",
    "section.grid3{margin-top:32px}\n",
    ".beside{display:grid;grid-template-columns:minmax(0,2fr) minmax(0,1fr);grid-template-rows:auto "
    "1fr;gap:20px 28px;"
    "margin-top:10px}\n",
    ".beside>*:nth-child(1){grid-area:1/2}.beside>*:nth-child(2){grid-area:1/1/3/"
    "2}.beside>*:nth-child(3){grid-area:2/2}\n",
    ".split figure+figure{margin-top:20px}\n",
    ".path{min-width:11em;overflow-wrap:anywhere}.split{margin-top:16px;display:grid;grid-template-columns:"
    "minmax(0,1fr) minmax(0,2fr);gap:20px 28px}\n",
    ".looks{display:grid;grid-template-columns:repeat(auto-fill,minmax(172px,1fr));gap:10px 14px}\n",
    ".looks img{display:block;width:100%;max-width:260px;height:auto;image-rendering:pixelated}\n",
    "pre{font:12.5px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;margin:0;padding:10px 12px;"
    "border:1px solid var(--rule);overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere}\n",
    "code{font:12.5px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}\n",
    "details{margin:8px 0}summary{cursor:pointer}\n",
    "ul{margin:0 0 12px;padding-left:1.2em;max-width:44em}li{margin-bottom:4px}\n",
    "footer{border-top:1px solid "
    "var(--rule);margin-top:32px;padding-top:10px;color:var(--muted);font-size:13px}\n",
    "@media (max-width:820px){.split,.beside{display:block}.beside>*,.split>*{margin-bottom:24px}}\n",
    "@media "
    "(max-width:600px){.looks{grid-template-columns:repeat(2,minmax(0,1fr))}h1{font-size:23px}h2{font-size:"
    "19px}.lede{font-size:16px}table{font-size:13px}"
    "th,td{padding-right:8px}.to{display:block;font-size:11px}.half{display:none}td.range,th.range{width:24%}"
    "}\n",
    "@media print{body{font-size:10.5pt}main{max-width:none;padding:0}h1{font-size:20pt}h2{font-size:13pt}"
    ".kicker{margin-top:0}section{margin-top:14pt}tr{break-inside:avoid}h2{break-after:avoid}"
    ".grid3{grid-template-columns:repeat(3,1fr);gap:10pt 14pt}pre{white-space:pre-wrap}"
    "*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}\n",
    NULL};
