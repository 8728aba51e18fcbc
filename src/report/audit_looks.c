#include "report/audit_looks.h"

#include "base/memory.h"
#include "eval/maps/cam.h"
#include "picture/photograph.h"
#include "report/audit_image.h"

/* Places of a map, cut off below 0 and divided by the largest; false where nothing is above 0. */
static bool bring_to_one(float *out, const float *map, size_t places) {
  float most = 0;
  for (size_t p = 0; p < places; p++)
    if (map[p] > most) most = map[p];
  for (size_t p = 0; p < places; p++) out[p] = most > 0 && map[p] > 0 ? map[p] / most : 0;
  return most > 0;
}

/* The part of a picture that the model has seen. */
static despur_status find_seen(picture_box *out, const despur_audit *a, const despur_thumbnail *t,
                               despur_error *error) {
  const picture whole = {.width = t->width, .height = t->height, .rgb = t->rgb};
  photograph p = {0};
  *out = (picture_box){0, 0, t->width, t->height};
  if (a->model_shorter == 0) return DESPUR_OK;
  const despur_status status = photograph_of(&p, &whole, a->model_width, a->model_shorter, error);
  *out = p.seen;
  photograph_release(&p);
  return status;
}

static despur_status draw_look(despur_thumbnail *out, bool *any, const despur_audit *a,
                               const despur_thumbnail *t, const float *map, despur_error *error) {
  despur_status status = DESPUR_OK;
  picture_box seen;
  float *scaled = NULL;
  *out = (despur_thumbnail){.width = t->width, .height = t->height};
  TRY(find_seen(&seen, a, t, error));
  TRY(mem_alloc(&out->rgb, t->height * t->width, 3, error));
  TRY(mem_alloc(&scaled, a->map_rows, a->map_columns * sizeof *scaled, error));
  *any = bring_to_one(scaled, map, a->map_rows * a->map_columns);
  const cam_photograph drawn = {t->rgb, t->width, t->height, seen.left, seen.top, seen.width, seen.height};
  TRY(cam_draw_photograph(out->rgb, 3 * t->width, &drawn, scaled,
                          (despur_shape){1, a->map_rows, a->map_columns}, error));
cleanup:
  mem_free(scaled);
  return status;
}

bool audit_look_image(markup *m, const despur_audit *a, uint32_t example, const despur_thumbnail *t,
                      const float *map) {
  despur_thumbnail drawn = {0};
  bool any = true;
  if (m->status != DESPUR_OK) return any;
  m->status = draw_look(&drawn, &any, a, t, map, m->error);
  if (m->status == DESPUR_OK) {
    audit_image(m, &drawn);
    markup_print(m, "\" alt=\"where the model looked for %s\">", a->class_names[a->predictions[example]]);
  }
  despur_thumbnails_release(&drawn, 1);
  return any;
}

/* Like the scale beside a chart: from nothing to most. */
static void colour_scale(markup *m) {
  enum { STOPS = 8 };
  markup_raw(m, "<p class=\"note\">nothing that speaks for it <span role=\"img\" aria-label=\"from dark blue "
                "to yellow\" style=\"display:inline-block;vertical-align:middle;width:112px;height:12px;"
                "background:linear-gradient(90deg");
  for (int i = 0; i < STOPS; i++) {
    uint8_t rgb[3];
    despur_cam_colour((double)i / (STOPS - 1), rgb);
    markup_print(m, ",rgb(%u,%u,%u)", rgb[0], rgb[1], rgb[2]);
  }
  markup_raw(m, ")\">\xc2\xa0</span> most</p>\n");
}

static size_t rounded(size_t pixels, size_t places) {
  return (pixels + places / 2) / places;
}

void audit_explain_looks(markup *m, const despur_audit *a, bool cut) {
  markup_print(
      m,
      "<p>Beside each picture is the same one in grey, under a map of where the model looked: where in it "
      "there is evidence for the class that it was taken for, right or wrong%s, by %s. Yellow is where "
      "most of it lies, dark blue where nothing speaks for that class, or something against it.</p>\n",
      a->own_head && !a->looks_fitted ? " (as a last layer says that was fitted here)" : "",
      a->looks_fitted ? "a last layer that was fitted to the half that was searched"
                      : "the model's own last layer");
  colour_scale(m);
  markup_print(
      m,
      "<p>A map is a hint and no proof. It says where evidence lies, not what it is: a collar or the neck "
      "below it, a colour or a shape. It does not say what the answer would be without it, and a model may "
      "lean on what its map leaves dark. Each map is divided by its own largest value, so that brightness "
      "says nothing about how sure the model is, and cannot be compared between pictures. A map has %zu "
      "\xc3\x97 %zu places, enlarged until they cover the picture: edges in it are no edges of "
      "things, and what is smaller than a place (about %zu \xc3\x97 %zu of the %zu \xc3\x97 %zu pixels that "
      "the "
      "model "
      "sees) it cannot tell from what lies around it.%s</p>\n",
      a->map_rows, a->map_columns, rounded(a->model_height, a->map_rows),
      rounded(a->model_width, a->map_columns), a->model_height, a->model_width,
      cut ? " The model sees the middle square of a picture; what lies around it has no colour." : "");
}
