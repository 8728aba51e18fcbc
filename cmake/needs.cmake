# What the library is made from, and what whoever links it statically needs as well.
option(DESPUR_DOWNLOADS "Download data sets, where libcurl is there" ON)

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(SPNG REQUIRED IMPORTED_TARGET spng)
pkg_check_modules(JPEG REQUIRED IMPORTED_TARGET libjpeg)
pkg_check_modules(WEBP IMPORTED_TARGET libwebp)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
if(DESPUR_DOWNLOADS)
  pkg_check_modules(CURL IMPORTED_TARGET libcurl)
endif()

# What the library's sources are compiled with and linked against.
add_library(despur_needs INTERFACE)
target_link_libraries(despur_needs INTERFACE Threads::Threads PkgConfig::ZLIB PkgConfig::SPNG
                                             PkgConfig::YAML PkgConfig::JPEG m)
if(WEBP_FOUND)
  target_compile_definitions(despur_needs INTERFACE DESPUR_HAVE_WEBP=1)
  target_link_libraries(despur_needs INTERFACE PkgConfig::WEBP)
endif()
if(CURL_FOUND)
  target_compile_definitions(despur_needs INTERFACE DESPUR_HAVE_CURL=1)
  target_link_libraries(despur_needs INTERFACE PkgConfig::CURL)
endif()
