/* The examples of FIPS 180-4, and both ways to compute against each other. */
#include "testing.h"

#include "base/random.h"
#include "base/sha256.h"

static void assert_hash(bool by_instructions, const char *text, size_t repeats, const char *wanted) {
  char hex[SHA256_HEX];
  sha256 hash;
  sha256_init(&hash);
  hash.by_instructions = hash.by_instructions && by_instructions;
  for (size_t i = 0; i < repeats; i++) sha256_add(&hash, text, strlen(text));
  sha256_finish(&hash, hex);
  assert_string_equal(hex, wanted);
}

static void hashes_are_those_of_the_standard(void **state) {
  (void)state;
  for (int by = 0; by < 2; by++) {
    assert_hash(by, "", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_hash(by, "abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_hash(by, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    assert_hash(by, "a", 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  }
}

/* Any content, in pieces of any size. */
static void instructions_change_nothing(void **state) {
  (void)state;
  random_stream stream = random_open(1, "sha256 test", 0);
  uint8_t bytes[1000];
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)random_below(&stream, 256);
  for (size_t length = 0; length < sizeof bytes; length += 7) {
    char one[SHA256_HEX], other[SHA256_HEX];
    sha256 hash;
    sha256_init(&hash);
    for (size_t at = 0, piece; at < length; at += piece) {
      piece = 1 + random_below(&stream, 200);
      if (piece > length - at) piece = length - at;
      sha256_add(&hash, bytes + at, piece);
    }
    sha256_finish(&hash, one);
    sha256_init(&hash);
    hash.by_instructions = false;
    sha256_add(&hash, bytes, length);
    sha256_finish(&hash, other);
    assert_string_equal(one, other);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hashes_are_those_of_the_standard),
      cmocka_unit_test(instructions_change_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
