/* Models as PyTorch, safetensors and exporters of ONNX write them (tests/golden/make_models.py): their head
 * is read, written and exchanged, and nothing else of a file changes. */
#include "testing.h"

#include "despur/model.h"
#include "io/file.h"
#include "io/half.h"
#include "io/safetensors.h"
#include "model/pickle.h"

#include <unistd.h>
#include <zlib.h>

static despur_error error;
static char directory[128], copy[192];

#define MODELS "tests/golden/models/"
enum { OUTPUTS = 3, COLUMNS = 4 };

static int set_up(void **state) {
  (void)state;
  if (access("/dev/shm", W_OK) == 0) setenv("TMPDIR", "/dev/shm", 0); /* many small files */
  temporary_directory(directory);
  snprintf(copy, sizeof copy, "%s/copy", directory);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  unlink(copy);
  return rmdir(directory);
}

static void assert_golden(const despur_head *head) {
  assert_int_equal(head->outputs, OUTPUTS);
  assert_int_equal(head->columns, COLUMNS);
  for (size_t i = 0; i < OUTPUTS; i++) {
    assert_true(head->bias[i] == ((float)i - 1) / 4);
    for (size_t j = 0; j < COLUMNS; j++)
      assert_true(head->weight[COLUMNS * i + j] == (4 * (float)i + (float)j - 5) / 8);
  }
}

/* What every file of make_models.py is called with, and what its head is called there. */
static const struct {
  const char *spec, *weight, *bias, *type;
} HEADS[] = {{MODELS "zip.pth:fc", "fc.weight", "fc.bias", "F32"},
             {MODELS "old.pth:fc", "fc.weight", "fc.bias", "F32"},
             {MODELS "protocol4.pth:fc.weight", "fc.weight", "fc.bias", "F32"},
             {MODELS "old4.pth:fc", "fc.weight", "fc.bias", "F32"},
             {MODELS "checkpoint.pth:module.fc", "module.fc.weight", "module.fc.bias", "F32"},
             {MODELS "half.pth", "fc.weight", "fc.bias", "F16"},
             {MODELS "bfloat.pth", "fc.weight", "fc.bias", "BF16"},
             {MODELS "double.pth", "fc.weight", "fc.bias", "F64"},
             {MODELS "view.pth", "fc.weight", "fc.bias", "F32"},
             {MODELS "f16.safetensors", "fc.weight", "fc.bias", "F16"},
             {MODELS "bf16.safetensors", "fc.weight", "fc.bias", "BF16"},
             {MODELS "f32.safetensors", "fc.weight", "fc.bias", "F32"},
             {MODELS "f64.safetensors:fc", "fc.weight", "fc.bias", "F64"},
             {MODELS "two.safetensors:b", "b.weight", "b.bias", "F64"},
             {MODELS "gemm.onnx", "fc.weight", "fc.bias", "F32"},
             {MODELS "matmul.onnx", "onnx::MatMul_13", "2.bias", "F32"},
             {MODELS "matmul.onnx:onnx::MatMul_13", "onnx::MatMul_13", "2.bias", "F32"},
             {MODELS "float_data.onnx:last", "W", "b", "F32"},
             {MODELS "two_parts.onnx", "W", "b", "F32"}};
enum { HEAD_COUNT = sizeof HEADS / sizeof *HEADS };

static void heads_are_read_as_others_wrote_them(void **state) {
  (void)state;
  for (size_t i = 0; i < HEAD_COUNT; i++) {
    despur_head head;
    assert_ok(despur_head_read(&head, HEADS[i].spec, &error));
    assert_golden(&head);
    assert_string_equal(head.weight_name, HEADS[i].weight);
    assert_string_equal(head.bias_name, HEADS[i].bias);
    assert_string_equal(head.type, HEADS[i].type);
    despur_head_release(&head);
  }
}

static void heads_are_written_with_their_names_and_types(void **state) {
  (void)state;
  for (size_t i = 0; i < HEAD_COUNT; i++) {
    despur_head head, again;
    tensor_file file;
    assert_ok(despur_head_read(&head, HEADS[i].spec, &error));
    assert_ok(despur_head_write(&head, copy, &error));
    assert_ok(safetensors_open(&file, copy, &error));
    assert_int_equal(file.count, 2);
    assert_non_null(safetensors_find(&file, HEADS[i].weight));
    safetensors_close(&file);
    if (strstr(HEADS[i].weight, ".weight")) {
      assert_ok(despur_head_read(&again, copy, &error));
      assert_golden(&again);
      assert_string_equal(again.type, head.type);
      assert_string_equal(again.bias_name, head.bias_name);
      despur_head_release(&again);
    }
    despur_head_release(&head);
  }
}

/* ---- patching ---- */

static char *file_of(const char *spec, char path[192]) {
  snprintf(path, 192, "%s", spec);
  char *colon = strchr(path, ':');
  if (colon) *colon = 0;
  return path;
}

/* Bytes that differ in two files of one length. */
static size_t count_changes(const char *one, const char *two) {
  char *a, *b;
  size_t length, other, changes = 0;
  assert_ok(file_read(&a, &length, one, 1 << 20, &error));
  assert_ok(file_read(&b, &other, two, 1 << 20, &error));
  assert_int_equal(length, other);
  for (size_t i = 0; i < length; i++) changes += a[i] != b[i];
  free(a);
  free(b);
  return changes;
}

static void the_same_head_gives_the_same_bytes(void **state) {
  (void)state;
  for (size_t i = 0; i < HEAD_COUNT; i++) {
    despur_head head;
    char path[192];
    assert_ok(despur_head_read(&head, HEADS[i].spec, &error));
    assert_ok(despur_model_patch(HEADS[i].spec, copy, &head, &error));
    assert_int_equal(count_changes(file_of(HEADS[i].spec, path), copy), 0);
    despur_head_release(&head);
  }
}

/* 15 numbers of at most 8 bytes, and in archives two checksums of 4 bytes, each in two places. */
static void only_the_bytes_of_the_head_change(void **state) {
  (void)state;
  for (size_t i = 0; i < HEAD_COUNT; i++) {
    despur_head head, again;
    char path[192], spec[256];
    const char *name = strchr(HEADS[i].spec, ':');
    assert_ok(despur_head_read(&head, HEADS[i].spec, &error));
    for (size_t k = 0; k < OUTPUTS * COLUMNS; k++) head.weight[k] = -head.weight[k] - 2;
    for (size_t k = 0; k < OUTPUTS; k++) head.bias[k] -= 8;
    assert_ok(despur_model_patch(HEADS[i].spec, copy, &head, &error));
    size_t changes = count_changes(file_of(HEADS[i].spec, path), copy), width = 4;
    if (strcmp(HEADS[i].type, "F64") == 0) width = 8;
    if (strcmp(HEADS[i].type, "F16") == 0 || strcmp(HEADS[i].type, "BF16") == 0) width = 2;
    assert_in_range(changes, OUTPUTS * (COLUMNS + 1), OUTPUTS * (COLUMNS + 1) * width + 16);
    snprintf(spec, sizeof spec, "%s%s", copy, name ? name : "");
    assert_ok(despur_head_read(&again, spec, &error));
    assert_memory_equal(again.weight, head.weight, OUTPUTS * COLUMNS * sizeof(float));
    assert_memory_equal(again.bias, head.bias, OUTPUTS * sizeof(float));
    for (size_t k = 0; k < OUTPUTS * COLUMNS; k++) head.weight[k] = -head.weight[k] - 2;
    for (size_t k = 0; k < OUTPUTS; k++) head.bias[k] += 8;
    char back[200];
    snprintf(back, sizeof back, "%s.back", copy);
    assert_ok(despur_model_patch(spec, back, &head, &error));
    assert_int_equal(count_changes(path, back), 0); /* there and back again: nothing else has changed */
    unlink(back);
    despur_head_release(&again);
    despur_head_release(&head);
  }
}

static void heads_that_do_not_fit_are_refused(void **state) {
  (void)state;
  despur_head head;
  assert_ok(despur_head_read(&head, MODELS "f32.safetensors", &error));
  head.outputs = COLUMNS;
  head.columns = OUTPUTS;
  head.bias = realloc(head.bias, COLUMNS * sizeof(float));
  head.bias[OUTPUTS] = 0;
  assert_fails(despur_model_patch(MODELS "f32.safetensors", copy, &head, &error), DESPUR_BAD_INPUT,
               "3 outputs of 4 columns, the new head 4 of 3: it is transposed");
  head.outputs = OUTPUTS;
  head.columns = COLUMNS;
  assert_fails(
      despur_model_patch(MODELS "zip.pth:fcc", copy, &head, &error), DESPUR_BAD_INPUT,
      "no linear layer has the name or the weight 'fcc' (did you mean 'fc'?); there are 'body' [4, 6], "
      "'fc' [3, 4]");
  assert_fails(despur_model_patch(MODELS "zip.pth:body", copy, &head, &error), DESPUR_BAD_INPUT,
               "4 outputs of 6 columns, the new head 3 of 4");
  assert_fails(despur_model_patch(MODELS "two.safetensors:a", copy, &head, &error), DESPUR_BAD_INPUT,
               "no bias");
  assert_fails(despur_model_patch(MODELS "tied.pth:fc", copy, &head, &error), DESPUR_BAD_INPUT,
               "'tied' has numbers of 'fc.weight', too");
  assert_fails(despur_model_patch(MODELS "shared.onnx:last", copy, &head, &error), DESPUR_BAD_INPUT,
               "other nodes read its numbers, too");
  assert_fails(despur_model_patch(MODELS "f32.safetensors", "tests/golden/../golden/models/f32.safetensors",
                                  &(despur_head){.outputs = 0}, &error),
               DESPUR_BAD_INPUT, "found [0, 0]");
  assert_ok(despur_model_patch(MODELS "f32.safetensors", copy, &head, &error));
  assert_fails(despur_model_patch(copy, copy, &head, &error), DESPUR_BAD_USAGE, "another path");
  head.weight[5] = 1e6F;
  assert_fails(despur_model_patch(MODELS "f16.safetensors", copy, &head, &error), DESPUR_BAD_INPUT,
               "1e+06 is more than F16 holds");
  head.weight[5] = (float)NAN;
  assert_fails(despur_model_patch(MODELS "f16.safetensors", copy, &head, &error), DESPUR_BAD_INPUT,
               "finite numbers, found another at number 5");
  despur_head_release(&head);
}

static void what_is_no_head_is_refused_by_name(void **state) {
  (void)state;
  despur_head head;
  assert_fails(despur_head_read(&head, MODELS "whole.pth", &error), DESPUR_BAD_INPUT,
               "'torch.nn.modules.container.Sequential', which only Python could make");
  assert_fails(despur_head_read(&head, MODELS "zip.pth", &error), DESPUR_BAD_INPUT,
               "say FILE:NAME, of 'body' [4, 6], 'fc' [3, 4]");
  assert_fails(despur_head_read(&head, MODELS "gemm.onnx:fd.weight", &error), DESPUR_BAD_INPUT,
               "did you mean 'fc.weight'?");
  assert_fails(despur_head_read(&head, MODELS "external.onnx", &error), DESPUR_BAD_INPUT, "external data");
  assert_fails(despur_head_read(&head, MODELS "nothing.onnx:fc", &error), DESPUR_BAD_INPUT, "nothing.onnx");
  assert_fails(despur_head_read(&head, "tests/golden/make_models.py", &error), DESPUR_BAD_INPUT,
               "expected safetensors, a state dictionary of PyTorch or ONNX");
}

static void a_file_that_ends_anywhere_is_refused(void **state) {
  (void)state;
  static const char *const FILES[] = {"zip.pth", "old.pth", "f32.safetensors", "gemm.onnx"};
  for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
    char path[128], *data;
    size_t bytes;
    snprintf(path, sizeof path, MODELS "%s", FILES[i]);
    assert_ok(file_read(&data, &bytes, path, 1 << 20, &error));
    for (size_t cut = 0; cut < bytes; cut += 7) {
      despur_head head;
      FILE *file = fopen(copy, "wb");
      assert_int_equal(fwrite(data, 1, cut, file), cut);
      assert_int_equal(fclose(file), 0);
      char spec[200];
      snprintf(spec, sizeof spec, "%s:fc", copy);
      despur_status status = despur_head_read(&head, spec, &error);
      /* ONNX has no end: one that lacks its last fields is a model, and its head is whole or missing */
      if (status == DESPUR_OK) assert_true(i == 3 && head.outputs == OUTPUTS);
      if (status != DESPUR_OK) assert_int_equal(status, DESPUR_BAD_INPUT);
      despur_head_release(&head);
    }
    free(data);
  }
}

/* Every pickle of a few bytes; what one may do is in fuzz_model.c. */
static void pickles_with_anything_else_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *bytes, *message;
  } PICKLES[] = {{"\x80\2cos\nsystem\nX\4\0\0\0true\x85R.", "'os.system'"},
                 {"\x80\2cbuiltins\neval\n.", "'builtins.eval'"},
                 {"\x80\2ctorch\nload\n.", "'torch.load'"},
                 {"\x80\2ioops\n.", "instruction 0x69"},
                 {"\x80\2}", "truncated"},
                 {"\x80\2h\0.", "no such place"},
                 {"\x80\2u.", "a mark is missing"},
                 {"\x80\2(K\1}.", "more or less than one value"},
                 {"\x80\2X\377\377\377\377a.", "truncated"}};
  for (size_t i = 0; i < sizeof PICKLES / sizeof *PICKLES; i++) {
    pickle p;
    size_t used;
    /* bytes of 0 are within: the last is the '.' that no other byte of these is */
    size_t length = i == 4 ? 3 : 0;
    while (length == 0 || (i != 4 && PICKLES[i].bytes[length - 1] != '.')) length++;
    assert_fails(pickle_read(&p, &used, (const uint8_t *)PICKLES[i].bytes, length, "p", &error),
                 DESPUR_BAD_INPUT, PICKLES[i].message);
    pickle_release(&p);
  }
}

/* All 65,536 numbers of 16 bits come back from float32, and what lies between goes to the nearest, in ties to
 * the even one. */
static void halves_round_to_the_nearest(void **state) {
  (void)state;
  for (uint32_t i = 0; i < 0x7c00; i++) {
    float here = half_to_float((uint16_t)i), next = i == 0x7bff ? 65536.0F : half_to_float((uint16_t)(i + 1));
    float middle = here / 2 + next / 2;
    assert_int_equal(half_from_float(here), i);
    assert_int_equal(half_from_float(-here), i | 0x8000);
    assert_int_equal(half_from_float(middle), i + (i & 1));
    assert_int_equal(half_from_float(nextafterf(middle, 0)), i);
    assert_int_equal(half_from_float(nextafterf(middle, 1e9F)), i + 1);
  }
  for (uint32_t i = 0; i < 0x7f7f; i++) {
    float here = bfloat_to_float((uint16_t)i), next = bfloat_to_float((uint16_t)(i + 1));
    float middle = here / 2 + next / 2;
    assert_int_equal(bfloat_from_float(here), i);
    assert_int_equal(bfloat_from_float(-here), i | 0x8000);
    if (i > 0x80) assert_int_equal(bfloat_from_float(middle), i + (i & 1));
  }
  assert_true(isnan(half_to_float(half_from_float((float)NAN))));
  assert_true(isnan(bfloat_to_float(bfloat_from_float((float)NAN))));
  assert_int_equal(half_from_float(1e30F), 0x7c00);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(heads_are_read_as_others_wrote_them),
      cmocka_unit_test(heads_are_written_with_their_names_and_types),
      cmocka_unit_test(the_same_head_gives_the_same_bytes),
      cmocka_unit_test(only_the_bytes_of_the_head_change),
      cmocka_unit_test(heads_that_do_not_fit_are_refused),
      cmocka_unit_test(what_is_no_head_is_refused_by_name),
      cmocka_unit_test(a_file_that_ends_anywhere_is_refused),
      cmocka_unit_test(pickles_with_anything_else_are_refused),
      cmocka_unit_test(halves_round_to_the_nearest),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
