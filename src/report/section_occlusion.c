/* What an answer loses when a region of the picture is covered: by region over all groups, and the region
 * that costs most for every group. */
#include "report/page.h"

#include <math.h>

enum { MOST_ROWS = 40 };

/* The mean over groups; NaN where no group knows. */
static double mean_of(const report_cam *cam, size_t stage, size_t row, size_t column) {
  double sum = 0, count = 0;
  for (size_t g = 0; g < cam->group_count; g++) {
    double value = cam->groups[g].covered[stage][row][column];
    if (isnan(value)) continue;
    sum += value;
    count++;
  }
  return count > 0 ? sum / count : (double)NAN;
}

/* What is shown with one decimal, without the sign of what rounds to zero. */
static double no_minus_zero(double points) {
  return points > -0.05 && points < 0 ? 0 : points;
}

static void map_of_regions(markup *m, const report_cam *cam, size_t stage) {
  markup_print(
      m,
      "<table class=\"heat\">\n<caption>%s: points of probability lost, by covered region, mean over "
      "groups</caption>\n<tbody>\n",
      cam->stages[stage]);
  for (size_t row = 0; row < REPORT_GRID && !isnan(mean_of(cam, stage, row, 0)); row++) {
    markup_raw(m, "<tr>");
    for (size_t column = 0; column < REPORT_GRID; column++) {
      double value = mean_of(cam, stage, row, column);
      if (isnan(value)) continue;
      markup_print(m, "<td class=\"n\" style=\"--share:%.3f\">%.1f</td>", value > 0 ? value : 0.0,
                   no_minus_zero(100 * value));
    }
    markup_raw(m, "</tr>\n");
  }
  markup_raw(m, "</tbody>\n</table>\n");
}

/* "row 1, column 4: 62.3" */
static void strongest(markup *m, const report_cam_group *look, size_t stage) {
  double most = -INFINITY;
  size_t at[2] = {0, 0};
  for (size_t row = 0; row < REPORT_GRID; row++)
    for (size_t column = 0; column < REPORT_GRID; column++)
      if (look->covered[stage][row][column] > most) {
        most = look->covered[stage][row][column];
        at[0] = row, at[1] = column;
      }
  if (isinf(most))
    markup_raw(m, "<td class=\"n\">\xe2\x80\x93</td>");
  else
    markup_print(m, "<td class=\"n\">%.1f <span class=\"to\">row %zu, col. %zu</span></td>", 100 * most,
                 at[0] + 1, at[1] + 1);
}

/* Whether any of its examples was looked at; numbers that nobody has make groups without. */
static bool was_covered(const report_cam_group *look, size_t stages) {
  for (size_t s = 0; s < stages; s++)
    if (!isnan(look->covered[s][0][0])) return true;
  return false;
}

static void by_group(markup *m, const report_cam *cam) {
  markup_raw(m, "<table>\n<caption>The region that costs most, for every group.</caption>\n<thead><tr><th "
                "scope=\"col\">Group</th>");
  for (size_t s = 0; s < cam->stage_count; s++)
    markup_print(m, "<th scope=\"col\" class=\"n c-%s%s\">%s</th>", page_tone(s, cam->stage_count),
                 page_is_long(cam->stages[s]) ? " long" : "", cam->stages[s]);
  markup_raw(m, "</tr></thead>\n<tbody>\n");
  size_t there = 0;
  for (size_t g = 0; g < cam->group_count; g++) {
    const report_cam_group *look = &cam->groups[g];
    if (!was_covered(look, cam->stage_count) || ++there > MOST_ROWS) continue;
    markup_print(m, "<tr><th scope=\"row\" class=\"%s\">%s</th>", page_is_long(look->name) ? "long" : "name",
                 look->name);
    for (size_t s = 0; s < cam->stage_count; s++) strongest(m, look, s);
    markup_raw(m, "</tr>\n");
  }
  markup_raw(m, "</tbody>\n</table>\n");
  if (there > MOST_ROWS)
    markup_print(m, "<p class=\"note\">%zu more are in cam.json.</p>\n", there - MOST_ROWS);
}

void section_occlusion(markup *m, const report_run *run) {
  const report_cam *cam = &run->cam;
  if (cam->stage_count == 0 || cam->group_count == 0 || isnan(mean_of(cam, cam->stage_count - 1, 0, 0)))
    return;
  section_open(m, "What the answer depends on");
  markup_raw(
      m,
      "<p>A region of the picture is covered with the mean of the training pictures; what the probability "
      "of the network\xe2\x80\x99s answer loses by that, it owed to the region. One region at a time: what "
      "is there twice may cost nothing here, and a pattern over the whole picture costs little "
      "everywhere.</p>\n<div class=\"grid3\">\n");
  for (size_t s = 0; s < cam->stage_count; s++) {
    markup_raw(m, "<div>\n");
    map_of_regions(m, cam, s);
    markup_raw(m, "</div>\n");
  }
  markup_raw(m, "<div>\n");
  by_group(m, cam);
  markup_raw(m, "</div>\n</div>\n");
  section_close(m);
}
