//! Compound files under limits: the old workbooks' container, whose chains of sectors can go in circles.
//!
//! calamine follows a chain until it ends, or until the declared length is reached, and keeps all of it in memory. So
//! the chain without a length and all lengths are looked at here first.

/// Ids from here on are no sectors.
const NO_SECTOR: u32 = 0xFFFF_FFFC;
/// Bytes of a directory entry.
const ENTRY: usize = 128;

/// Whether following the file's tables would take more memory than the file itself. `None` where it is too short for
/// them: then there is nothing to follow.
pub(super) fn overstates_itself(bytes: &[u8]) -> Option<bool> {
    let file = Compound { bytes, sector: if number(bytes, 30, 2)? == 12 { 4096 } else { 512 } };
    let most = bytes.len() / file.sector + 1;
    let table = file.table(most);
    let directory = table.and_then(|table| file.directory(&table, most));
    let Some(directory) = directory else { return Some(true) };
    // In files with small sectors only half of the field counts.
    let width = if file.sector == 512 { 4 } else { 8 };
    let is_long = |length: u64| length > bytes.len() as u64;
    let mini_table = number(bytes, 64, 4)?.saturating_mul(file.sector as u64);
    let mut entries = directory.iter().flat_map(|sector| sector.chunks(ENTRY));
    Some(is_long(mini_table) || entries.any(|entry| number(entry, 120, width).is_some_and(is_long)))
}

struct Compound<'b> {
    bytes: &'b [u8],
    sector: usize,
}

impl<'b> Compound<'b> {
    /// A sector as far as the file goes.
    fn sector(&self, id: u32) -> &'b [u8] {
        let start = (usize::try_from(id).unwrap_or(usize::MAX)).saturating_add(1).saturating_mul(self.sector);
        let rest = self.bytes.get(start..).unwrap_or_default();
        rest.get(..self.sector).unwrap_or(rest)
    }

    /// Which sector follows each one, or `None` if the table is larger than the file.
    fn table(&self, most: usize) -> Option<Vec<u32>> {
        let mut places: Vec<u32> = ids(self.bytes.get(76..512).unwrap_or_default()).collect();
        let mut next = ids(self.bytes.get(68..72).unwrap_or_default()).next().unwrap_or(NO_SECTOR);
        while next < NO_SECTOR {
            places.extend(ids(self.sector(next)));
            next = places.pop()?;
            // Each sector of the table's own table has 127 places or more, so a circle ends here.
            if self.sector(next).is_empty() && next < NO_SECTOR || places.len() > most.saturating_mul(2) + 109
            {
                return None;
            }
        }
        places.retain(|id| *id < NO_SECTOR);
        (places.len() <= most).then(|| places.iter().flat_map(|id| ids(self.sector(*id))).collect())
    }

    /// The sectors with the directory, or `None` if they go in a circle.
    fn directory(&self, table: &[u32], most: usize) -> Option<Vec<&'b [u8]>> {
        let mut sectors = Vec::new();
        let mut next = ids(self.bytes.get(48..52).unwrap_or_default()).next();
        while let Some(id) = next.filter(|id| *id < NO_SECTOR) {
            if sectors.len() > most {
                return None;
            }
            sectors.push(self.sector(id));
            next = usize::try_from(id).ok().and_then(|id| table.get(id).copied());
        }
        Some(sectors)
    }
}

fn ids(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.chunks_exact(4).map(|id| id.try_into().map_or(NO_SECTOR, u32::from_le_bytes))
}

/// The number of `width` bytes at `at`.
fn number(bytes: &[u8], at: usize, width: usize) -> Option<u64> {
    let digits = bytes.get(at..at + width)?;
    Some(digits.iter().rev().fold(0, |number, digit| number << 8 | u64::from(*digit)))
}
