//! Open Document workbooks to grids.

use super::grid::Grid;
use super::workbook::WorkbookFault;

pub(super) fn read_ods(_bytes: &[u8]) -> Result<Vec<Grid>, WorkbookFault> {
    Err(WorkbookFault::Damaged("not yet".into()))
}
