//! The names of all strings of claims, in one list.

/// Hands the list to a macro: first what every interface gives under these names, in the order of C's struct; then text
/// that is read in other ways.
macro_rules! claims {
    ($hand_to:ident!) => {
        $hand_to! {
            [
                iss
                sub
                // With `aud_decoded`, a list's JSON text.
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
        /// The strings of claims, each as a `T`.
        #[derive(Clone, Copy)]
        pub(crate) struct ClaimStrings<T> {
            $(pub(crate) $claim: T,)+
            $(pub(crate) $text: T,)+
        }

        /// How many they are.
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
