//! All strings among the claims, in one list.

/// Passes the list to a macro. First come the strings that every interface gives under these names, in the order of the C
/// struct; then the texts that interfaces give in other ways.
macro_rules! claims {
    ($hand_to:ident!) => {
        $hand_to! {
            [
                iss
                sub
                // The JSON text of a list when `aud_decoded` is present.
                aud
                session_id
                user_id
                user_email
                user_display_name
                user_profile_picture_url
                organization_id
                organization_display_name
                impersonator_email
            ]
            [payload aud_decoded actions actions_decoded]
        }
    };
}
#[cfg(feature = "ffi")]
pub(crate) use claims;

macro_rules! strings {
    ([$($claim:ident)+] [$($text:ident)+]) => {
        /// One `T` for each string among the claims.
        #[derive(Clone, Copy)]
        pub(crate) struct ClaimStrings<T> {
            $(pub(crate) $claim: T,)+
            $(pub(crate) $text: T,)+
        }

        /// How many strings there are.
        pub(super) const STRINGS: usize = [$(stringify!($claim),)+ $(stringify!($text),)+].len();

        impl<T> ClaimStrings<T> {
            #[inline(always)]
            pub(super) fn from_array(strings: [T; STRINGS]) -> Self {
                let [$($claim,)+ $($text,)+] = strings;
                Self { $($claim,)+ $($text,)+ }
            }

            pub(super) fn into_array(self) -> [T; STRINGS] {
                [$(self.$claim,)+ $(self.$text,)+]
            }
        }
    };
}
claims!(strings!);
