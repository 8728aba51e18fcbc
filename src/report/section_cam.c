/* Grad-CAM: how much of the maps is background, and a picture of each group. */
#include "report/figures/plot.h"
#include "report/page.h"

#include <math.h>
#include <string.h>

/* In how many minority groups the share of the background falls, and in how many the intervals are apart. */
static void change(markup *m, const report_cam *cam) {
  size_t all = 0, fallen = 0, apart = 0, last = cam->stage_count - 1;
  for (size_t g = 0; g < cam->group_count; g++) {
    const report_share *before = &cam->groups[g].background[0], *after = &cam->groups[g].background[last];
    if (!cam->groups[g].minority || isnan(before->mean) || isnan(after->mean)) continue;
    all++;
    fallen += after->mean < before->mean;
    apart += after->high < before->low;
  }
  if (all == 0) return;
  markup_print(m,
               "<p>From %s to %s the share of the energy that lies %s falls in %zu of %zu "
               "minority groups; in %zu of them the 95\xc2\xa0%% intervals are apart.</p>\n",
               cam->stages[0], cam->stages[last], cam->region ? "in the region" : "on the background", fallen,
               all, apart);
}

static void alternative(markup *m, const report_cam *cam, const report_cam_group *look) {
  for (size_t i = 0; i < look->example_count; i++) {
    markup_print(m, "%sPicture %zu", i ? ". " : "", look->examples[i]);
    for (size_t s = 0; s < cam->stage_count; s++)
      markup_print(m, "; %s answers %d", cam->stages[s], (int)look->predictions[i][s]);
  }
}

/* Photographs at their own size, where there is room for it; drawings in squares. */
static void picture(markup *m, const report_cam *cam, const report_cam_group *look) {
  markup_raw(m, look->is_jpeg ? "<figure style=\"max-width:none\">" : "<figure>");
  markup_print(m, "<img width=\"%zu\" height=\"%zu\" ", look->width, look->height);
  markup_raw(m, look->is_jpeg
                    ? "style=\"width:auto;max-width:100%;image-rendering:auto\" src=\"data:image/jpeg"
                    : "src=\"data:image/png");
  markup_print(m, ";base64,%s\" alt=\"", look->picture);
  alternative(m, cam, look);
  markup_print(m, "\"><figcaption>%s%s</figcaption></figure>\n", look->name,
               look->minority ? "" : " \xe2\x97\x86");
}

/* Of photographs; 0: there are none. */
static size_t widest(const report_cam *cam) {
  size_t width = 0;
  for (size_t g = 0; g < cam->group_count; g++) {
    const report_cam_group *look = &cam->groups[g];
    if (look->picture && look->is_jpeg && look->width > width) width = look->width;
  }
  return width;
}

/* A map is easily taken for more than it is. */
static void warning(markup *m) {
  markup_raw(
      m, "<p>A map is a hint and no proof. It is drawn from one layer, coarsely, and shows where evidence "
         "for a class lies, not what the answer would be without it: a network may lean on what its map "
         "leaves dark. Other tools (pytorch-grad-cam) subtract the minimum of a map before they "
         "divide by its maximum; these maps are only divided.</p>\n");
}

/* Pages stay below 2 MB: pictures get half of it. */
static void pictures(markup *m, const report_cam *cam) {
  enum { MOST_BYTES = 1000000 };
  size_t bytes = 0, left_out = 0;
  markup_raw(m, "<p class=\"note\">The first pictures of each group, not chosen by hand: ");
  markup_print(m, "the picture%s", cam->stage_count > 1 ? ", then where " : " and where ");
  for (size_t s = 0; s < cam->stage_count; s++)
    markup_print(m, "%s%s", s ? ", then where " : "", cam->stages[s]);
  markup_print(m, " found evidence for any class (Grad-CAM, layer %s; yellow: most).</p>\n", cam->layer);
  if (widest(cam) > 0)
    markup_print(
        m,
        "<div class=\"looks\" style=\"grid-template-columns:repeat(auto-fill,minmax(min(%zupx,100%%),"
        "1fr))\">\n",
        widest(cam));
  else
    markup_raw(m, "<div class=\"looks\">\n");
  for (size_t g = 0; g < cam->group_count; g++) {
    const report_cam_group *look = &cam->groups[g];
    if (!look->picture) continue;
    if (bytes + strlen(look->picture) > MOST_BYTES) {
      left_out++;
      continue;
    }
    bytes += strlen(look->picture);
    picture(m, cam, look);
  }
  markup_raw(m, "</div>\n");
  if (left_out > 0) markup_print(m, "<p class=\"note\">%zu more are in cam.json.</p>\n", left_out);
}

void section_cam(markup *m, const report_run *run) {
  const report_cam *cam = &run->cam;
  if (cam->stage_count == 0 || cam->group_count == 0) return;
  section_open(m, "Where the network looks");
  warning(m);
  if (cam->scored && cam->stage_count > 1) change(m, cam);
  if (plot_cam.count(run) > 0) {
    markup_raw(m, "<div class=\"split\">\n<div>\n");
    plot_figures(m, cam->region ? &plot_cam_region : &plot_cam, run);
    markup_raw(m, "</div>\n<div>\n");
    pictures(m, cam);
    markup_raw(m, "</div>\n</div>\n");
  } else {
    pictures(m, cam);
  }
  section_close(m);
}
