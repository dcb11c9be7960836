#!/bin/sh
# install.sh install|uninstall|describe: copies what build.sh made, removes it, or only writes the package descriptions.
. "$(dirname "$0")/common.sh"

to_lib=$DESTDIR$LIBDIR
to_include=$DESTDIR$INCLUDEDIR
to_pkgconfig=$DESTDIR$PKGCONFIGDIR
to_cmake=$DESTDIR$LIBDIR/cmake/TesseralVerify

wanted() {
    case " ${LIBRARIES:-shared static core} " in *" $1 "*) true ;; *) false ;; esac
}

copy() {
    install -d "$3"
    install -m "$1" "$2" "$3/"
}

# fill TEMPLATE FILE
fill() {
    install -d "$(dirname "$2")"
    to_include_from_cmake=$(realpath -m -s --relative-to="$LIBDIR/cmake/TesseralVerify" "$INCLUDEDIR")
    sed -e "s|@VERSION@|$version|g" \
        -e "s|@PREFIX@|$(as_is "$PREFIX")|g" -e "s|@LIBDIR@|$(as_is "$(in_prefix "$LIBDIR")")|g" \
        -e "s|@INCLUDEDIR@|$(as_is "$(in_prefix "$INCLUDEDIR")")|g" \
        -e "s|@CMAKE_TO_INCLUDE@|$(as_is "$to_include_from_cmake")|g" \
        -e "s|@SHARED@|$shared|g" -e "s|@SONAME@|$soname|g" \
        -e "s|@STATIC_LIBS@|$(libs native-static-libs)|g" -e "s|@CORE_LIBS@|$(libs native-static-libs-core)|g" \
        "$templates/$1.in" >"$2"
    chmod 644 "$2"
}

# Escapes a text, so that sed inserts it as it is.
as_is() {
    printf '%s\n' "$1" | sed 's/[&|\\]/\\&/g'
}

# A path as pkg-config likes it: relative to the prefix where it can be.
in_prefix() {
    case $1 in
        "$PREFIX"/*) echo "\${prefix}/${1#"$PREFIX"/}" ;;
        *) echo "$1" ;;
    esac
}

# The libraries that a static link needs, in one line.
libs() {
    tr '\n' ' ' <"$built/$1" | sed 's/ *$//'
}

describe() {
    if wanted shared || wanted static; then
        fill tesseral_verify.pc "$to_pkgconfig/tesseral_verify.pc"
    fi
    if wanted core; then
        fill tesseral_verify_core.pc "$to_pkgconfig/tesseral_verify_core.pc"
    fi
    fill TesseralVerifyConfig.cmake "$to_cmake/TesseralVerifyConfig.cmake"
    fill TesseralVerifyConfigVersion.cmake "$to_cmake/TesseralVerifyConfigVersion.cmake"
}

case $1 in
    describe) describe ;;
    install)
        [ -f "$built/lib/libtesseral_verify.a" ] || 
            fail "nothing is built in $built: type make first, or say where it was built: CARGO_TARGET_DIR=FOLDER"
        case $PREFIX$LIBDIR$INCLUDEDIR in
            *[\"\\\$\#\;]*) fail "PREFIX, LIBDIR and INCLUDEDIR may hold no \" \\ \$ # ; which package files cannot say" ;;
        esac
        copy 644 "$built/include/tesseral_verify.h" "$to_include"
        copy 644 "$built/include/tesseral_verify.hpp" "$to_include"
        if wanted shared; then
            copy 755 "$built/lib/$shared" "$to_lib"
            ln -sf "$shared" "$to_lib/$soname"
            ln -sf "$shared" "$to_lib/libtesseral_verify.so"
        fi
        if wanted static; then copy 644 "$built/lib/libtesseral_verify.a" "$to_lib"; fi
        if wanted core; then copy 644 "$built/lib/libtesseral_verify_core.a" "$to_lib"; fi
        describe
        echo "installed libtesseral_verify $version in $DESTDIR$PREFIX"
        ;;
    uninstall)
        rm -f "$to_include/tesseral_verify.h" "$to_include/tesseral_verify.hpp" \
            "$to_lib/$shared" "$to_lib/$soname" "$to_lib/libtesseral_verify.so" \
            "$to_lib/libtesseral_verify.a" "$to_lib/libtesseral_verify_core.a" \
            "$to_pkgconfig/tesseral_verify.pc" "$to_pkgconfig/tesseral_verify_core.pc" \
            "$to_cmake/TesseralVerifyConfig.cmake" "$to_cmake/TesseralVerifyConfigVersion.cmake"
        rmdir "$to_cmake" 2>/dev/null || true
        echo "removed libtesseral_verify $version from $DESTDIR$PREFIX"
        ;;
esac
