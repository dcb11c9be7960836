//! The base point's table of the profile `Tiny`, written by the test `constant_base_tables_are_those_that_are_filled`.

use crate::es256::entry::TableEntry;

#[rustfmt::skip]
pub(in crate::es256) static ENTRIES: [TableEntry; 16] = [
    TableEntry([0x1da0_be8b_3700_debb, 0x085e_c135_67a8_494c, 0xdf34_9926_700f_6310, 0x0fd9_de72_8d99_e2f7,
                0xd7dc_0dd9_b1ce_6ea2, 0x5094_3ff6_68ce_3053, 0xa7f8_6eb0_1475_1358, 0xadf8_24db_913e_5ff0]),
    TableEntry([0xbf2e_cb75_f05c_a43e, 0x51e7_ae1a_6519_4825, 0xeeea_ed36_19c3_29ca, 0x86cb_6842_db49_650d,
                0x49a8_7ea7_bed8_40ee, 0x270b_499e_8419_0e55, 0x15fa_7ebc_f52f_7c2a, 0x0aa2_8cd2_83c7_f590]),
    TableEntry([0x5a45_3fa2_55f8_aef5, 0xe0c0_aed9_0491_71c8, 0x119e_89c7_b79b_aa9c, 0x40ff_e58e_f545_2258,
                0x9b76_119b_930d_2b7d, 0x7b68_7aa4_fd51_0bfb, 0x33a4_7387_4494_f32f, 0x29ea_c9c0_8ca8_7760]),
    TableEntry([0x50e0_cf33_734a_73e4, 0x5c2c_404a_aff6_d8ae, 0x3a5f_af44_ed7f_49a0, 0x8903_7f44_8e3f_b03f,
                0xa00f_8a82_f8d8_e484, 0x1fd6_900b_1d06_ab17, 0x63b6_e7eb_6954_005a, 0x46d5_226d_0bab_3d19]),
    TableEntry([0x1cec_00c0_e31b_0ee4, 0xfc05_66b5_5075_1a7b, 0xcc75_15c0_5570_2c87, 0x92df_77c1_4cc0_347c,
                0x5089_95ce_4440_9c6f, 0x4cac_c1e2_56d8_565c, 0x51e8_5d2a_0af6_588f, 0x7432_89d5_999a_3a2d]),
    TableEntry([0x757f_0f16_c3fc_695e, 0x5934_3587_ab88_cde4, 0x0cca_05aa_4f9e_b506, 0x0278_4666_7641_6de6,
                0xce46_8652_0396_21ca, 0x6b4b_f630_3421_e845, 0x18f3_a284_9975_9ea2, 0x2ede_6ad7_40bc_bf1b]),
    TableEntry([0xb31a_d4e9_1152_eb01, 0x2148_f275_fd4c_86e1, 0xb761_4235_6e5d_770c, 0xebe1_aebf_dde5_409d,
                0xea04_df74_9dd5_bd7e, 0x55cb_f5d1_9124_acb4, 0x3d8a_7db7_0708_28aa, 0x72d4_e5d1_1b47_f285]),
    TableEntry([0x2a9c_77c5_033a_bb7b, 0x61a9_7774_5f1d_63c9, 0x0271_5025_8ccd_54ea, 0xf68d_0115_3681_f1bf,
                0xf145_c823_dce2_cfa4, 0xb505_015d_22d7_a28d, 0x6a7a_fc66_e5fe_dc55, 0xef01_b197_0f3b_0305]),
    TableEntry([0x927b_57b8_3a71_8c5c, 0x2512_66f1_c2e5_1a9a, 0x6ead_7916_55b0_b9bd, 0xc1ab_01a3_4058_fa8b,
                0xda6f_3964_83af_6514, 0xb3ce_98cb_9b2f_2fdb, 0x8910_c9c4_302c_566e, 0x7a62_24fc_691b_5536]),
    TableEntry([0xc3b8_3ea7_f57c_dd12, 0xbd9a_7e4e_f61e_46ec, 0x20f5_c87d_65f4_4d59, 0x336a_0302_be94_eea1,
                0xcac1_42de_db3e_0a57, 0xaed0_ca35_ca4c_1689, 0xff4a_0e5c_273e_91a0, 0xcc19_daa4_7b7a_c1d9]),
    TableEntry([0x2429_15c3_268b_f16b, 0x3c13_d194_8b79_70ef, 0x6bef_8604_87c9_a385, 0x41a5_12e0_8640_762d,
                0xfcd6_bac1_651b_f858, 0x1763_0f32_40ce_d484, 0xc80c_a773_9857_27b7, 0x48a7_3d78_3cee_12cc]),
    TableEntry([0xceb8_a943_4430_520a, 0xa5e7_205a_7cc5_0396, 0xc301_54dd_4f19_2b82, 0x325e_b1dd_d14b_7da5,
                0xfe9d_4274_f8c6_5dca, 0xbbe3_7226_f9f2_1cdb, 0x1aad_0685_6634_1917, 0x3408_af88_8f8e_f911]),
    TableEntry([0xfcee_3519_2178_fb84, 0xb976_9c3c_34dd_feb3, 0xeb48_6d9a_2198_bb35, 0x587c_5a5c_ecd4_f098,
                0x7d03_577d_866c_5e1d, 0xc621_a63d_1adf_fcb9, 0x6a0b_b656_d3bd_f8ee, 0x05e5_0f57_205d_d861]),
    TableEntry([0x0922_5217_9ca3_1705, 0xbe6e_acbd_51b4_f14f, 0x6506_cd33_4616_0f74, 0xbd77_8d59_e8e3_d3da,
                0x1765_8e78_dacc_f7f4, 0x5db8_fce9_72fa_d339, 0xfd9d_f37d_f706_322a, 0xa5d4_7764_18ae_cb03]),
    TableEntry([0x491a_cfa0_3622_e6c1, 0xec32_19f4_dd6e_265b, 0x8441_a000_1ec1_513a, 0x32ab_1157_0b39_69ee,
                0x7003_3904_90b0_3e53, 0x9d6e_21db_aea5_454f, 0x98c5_5b8f_bb0e_6267, 0x081b_053f_5b6e_df30]),
    TableEntry([0xbe47_dd50_27ea_fcc0, 0x23df_1041_ec7e_66db, 0x18c9_77ff_78a4_dddd, 0xb515_65d7_9d2d_152e,
                0x24f6_a6d5_78f4_a4de, 0xbbc1_5b20_7d86_b2ca, 0xa064_d39c_1d3b_43ca, 0x5524_8667_5220_0839]),
];
