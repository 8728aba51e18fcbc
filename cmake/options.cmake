# How everything is compiled: the language, the warnings, and the switches of the presets.
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release or Debug" FORCE)
endif()

option(DESPUR_WERROR "Treat warnings as errors" OFF)
set(DESPUR_SANITIZE "" CACHE STRING "Sanitizers to compile in, such as address,undefined")

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef
                    -Wcast-qual -Wwrite-strings -Wformat=2)
if(CMAKE_C_COMPILER_ID STREQUAL GNU)
  add_compile_options(-Wdouble-promotion) # clang's complains about INFINITY and NAN, too
else()
  add_compile_options(-Wno-pass-failed) # clang reports every loop that it does not unroll as the kernels ask
endif()
# Every result must have the same bits on every machine: the compiler fuses no multiply-adds by itself.
add_compile_options(-ffp-contract=off)
if(DESPUR_WERROR)
  add_compile_options(-Werror)
endif()
if(DESPUR_SANITIZE)
  add_compile_options(-fsanitize=${DESPUR_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${DESPUR_SANITIZE})
  if(DESPUR_SANITIZE MATCHES fuzzer)
    set(KERNEL_OPTIONS -fno-sanitize=all) # arithmetic reads no files, and its instrumented tiles take clang minutes
  elseif(CMAKE_C_COMPILER_ID STREQUAL GNU)
    # In the kernels' unrolled tiles inline checks would take gcc ten minutes: call the checks, and leave out those that
    # repeat what AddressSanitizer sees.
    set(KERNEL_OPTIONS -fno-sanitize=pointer-overflow,alignment,null,object-size -fno-var-tracking
                       --param=asan-instrumentation-with-call-threshold=0)
  endif()
else()
  # A shared library that forgot a dependency should fail here and not in the program that loads it.
  add_link_options(LINKER:-z,defs)
endif()
