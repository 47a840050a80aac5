//! The plan of an import: compares the rows of a file with the goods of the shop. Pure.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::row::{Row, Values, WrongRow};
use crate::domain::id::GoodsId;
use crate::domain::money::Money;

/// Goods of the shop, as `GET /admin/goods` shows them.
#[derive(Debug, Clone, Deserialize)]
pub struct Known {
    /// Id of the goods.
    pub goods_id: GoodsId,
    /// Name of the goods.
    pub goods_name: String,
    /// Price of one unit.
    pub goods_price: Money,
    /// Description of the goods.
    pub goods_desc: String,
    /// Whether the goods are on sale.
    pub on_sale: bool,
}

/// The goods that a change is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Goods {
    /// New goods, with the body that creates them.
    New(Value),
    /// Goods that exist, with the body that changes them; empty if they are as the row says.
    Existing(GoodsId, Map<String, Value>),
}

/// Units to add to a stock, with the reason that names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Number of units; negative to remove.
    pub delta: i64,
    /// Reason of the adjustment. The same reason is applied to the same goods once.
    pub reason: String,
}

/// The change that a row asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Number of the line of the row.
    pub line: u64,
    /// The goods, and how they change.
    pub goods: Goods,
    /// The adjustment of their stock.
    pub delivery: Option<Delivery>,
}

/// An effect of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Goods are created.
    Create,
    /// Goods are changed.
    Change,
    /// A stock is adjusted.
    Adjust,
}

impl Change {
    /// The effects, if none of them was brought about before.
    #[must_use]
    pub fn effects(&self) -> Vec<Effect> {
        let of_goods = match &self.goods {
            Goods::New(_) => Some(Effect::Create),
            Goods::Existing(_, body) => (!body.is_empty()).then_some(Effect::Change),
        };
        of_goods.into_iter().chain(self.delivery.as_ref().map(|_| Effect::Adjust)).collect()
    }
}

/// The plan of an import.
#[derive(Debug, Default, PartialEq)]
pub struct Plan {
    /// The changes, in the order of the file.
    pub changes: Vec<Change>,
    /// Number of rows that ask for no change.
    pub unchanged: usize,
    /// The rows that cannot be imported.
    pub wrong: Vec<WrongRow>,
}

/// Plans the import of `rows` into a shop that has the goods of `catalogue`.
#[must_use]
pub fn plan(rows: &[Row], catalogue: &[Known]) -> Plan {
    let by_id: HashMap<GoodsId, &Known> = catalogue.iter().map(|goods| (goods.goods_id, goods)).collect();
    let mut by_name: HashMap<&str, Vec<&Known>> = HashMap::new();
    for goods in catalogue {
        by_name.entry(&goods.goods_name).or_default().push(goods);
    }
    let mut plan = Plan::default();
    let mut lines: HashMap<Subject, u64> = HashMap::new();
    for Row { line, values } in rows {
        let planned = find(values, &by_id, &by_name).and_then(|known| {
            let subject = known.map_or_else(|| Subject::New(name(values)), |known| Subject::Known(known.goods_id));
            match lines.insert(subject, *line) {
                Some(other) => Err(format!("is about the same goods as line {other}; keep one of the two lines")),
                None => change(*line, values, known),
            }
        });
        match planned {
            Ok(change) if change.effects().is_empty() => plan.unchanged += 1,
            Ok(change) => plan.changes.push(change),
            Err(detail) => plan.wrong.push(WrongRow { line: *line, detail }),
        }
    }
    plan
}

/// The goods of a row, to find rows about the same goods.
#[derive(PartialEq, Eq, Hash)]
enum Subject {
    Known(GoodsId),
    New(String),
}

fn name(values: &Values) -> String {
    values.goods_name.clone().map(crate::domain::text::Text::into_inner).unwrap_or_default()
}

/// The goods that a row names; `None` if it is about new goods.
fn find<'a>(
    values: &Values,
    by_id: &HashMap<GoodsId, &'a Known>,
    by_name: &HashMap<&str, Vec<&'a Known>>,
) -> Result<Option<&'a Known>, String> {
    if let Some(goods_id) = values.goods_id {
        let unknown = || format!("goods_id {goods_id} is not known; leave the cell empty to create goods");
        return by_id.get(&goods_id).copied().map(Some).ok_or_else(unknown);
    }
    let name = name(values);
    match by_name.get(name.as_str()).map(Vec::as_slice) {
        _ if name.is_empty() => Err("goods_name is required unless goods_id is given".to_owned()),
        None | Some([]) => Ok(None),
        Some([known]) => Ok(Some(known)),
        Some(several) => {
            let number = several.len();
            Err(format!("goods_name {name:?} is the name of {number} goods; say in goods_id which are meant"))
        }
    }
}

fn change(line: u64, values: &Values, known: Option<&Known>) -> Result<Change, String> {
    let delivery = match (values.stock_delta, values.stock_reason.clone()) {
        (None, None) => None,
        (Some(delta), Some(reason)) => Some(Delivery { delta: delta.get(), reason: reason.into_inner() }),
        (Some(_), None) => return Err("stock_reason is required with stock_delta: it names the delivery".to_owned()),
        (None, Some(_)) => return Err("stock_delta is required with stock_reason".to_owned()),
    };
    let goods = match known {
        Some(known) => Goods::Existing(known.goods_id, differences(values, known)),
        None => Goods::New(new_goods(values)?),
    };
    Ok(Change { line, goods, delivery })
}

/// The body that creates the goods of a row.
fn new_goods(values: &Values) -> Result<Value, String> {
    let missing = |field: &str| format!("{field} is required for new goods");
    let price = values.goods_price.ok_or_else(|| missing("goods_price"))?;
    let number = values.goods_number.ok_or_else(|| missing("goods_number"))?;
    Ok(json!({
        "goods_name": values.goods_name, "goods_number": number, "goods_price": price,
        "goods_desc": values.goods_desc, "on_sale": values.on_sale
    }))
}

/// The values of a row that differ from those of the goods. The stock is no such value: orders change it.
fn differences(values: &Values, known: &Known) -> Map<String, Value> {
    let pairs = [
        ("goods_name", json!(values.goods_name), json!(known.goods_name)),
        ("goods_price", json!(values.goods_price), json!(known.goods_price)),
        ("goods_desc", json!(values.goods_desc), json!(known.goods_desc)),
        ("on_sale", json!(values.on_sale), json!(known.on_sale)),
    ];
    let changed = pairs.into_iter().filter(|(_, wanted, present)| !wanted.is_null() && wanted != present);
    changed.map(|(name, wanted, _)| (name.to_owned(), wanted)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::row;
    use super::*;

    fn known(goods_id: i64, name: &str) -> Known {
        let (goods_id, goods_price) = (GoodsId::new(goods_id), Money::from_minor(100));
        Known { goods_id, goods_name: name.to_owned(), goods_price, goods_desc: "old".to_owned(), on_sale: true }
    }

    fn plan_of(text: &str) -> Plan {
        let (rows, wrong) = row::read(text.as_bytes()).unwrap();
        assert!(wrong.is_empty(), "{wrong:?}");
        plan(&rows, &[known(7, "Tea"), known(8, "Cup"), known(9, "Cup")])
    }

    #[test]
    fn goods_are_found_by_id_or_by_name_and_otherwise_created() {
        let plan = plan_of(
            "goods_id,goods_name,goods_number,goods_price,goods_desc,on_sale\n\
             7,Green tea,,,,\n\
             9,,5,1.00,old,true\n\
             ,Pot,3,2.5,,\n",
        );
        let renamed = Map::from_iter([("goods_name".to_owned(), json!("Green tea"))]);
        let pot =
            json!({"goods_name": "Pot", "goods_number": 3, "goods_price": "2.50", "goods_desc": null, "on_sale": null});
        let expected = [
            Change { line: 2, goods: Goods::Existing(GoodsId::new(7), renamed), delivery: None },
            Change { line: 4, goods: Goods::New(pot), delivery: None },
        ];
        assert_eq!((plan.changes.as_slice(), plan.unchanged, plan.wrong.len()), (&expected[..], 1, 0));
        let by_name = plan_of("goods_name,goods_price,stock_delta,stock_reason\nTea,1.00,-2,count\n");
        assert_eq!(by_name.changes[0].effects(), [Effect::Adjust]);
    }

    #[test]
    fn rows_that_leave_something_open_are_wrong_and_say_what_to_do() {
        for (row, part) in [
            ("5,,1,1,,", "goods_id 5 is not known; leave the cell empty"),
            (",,1,1,,", "goods_name is required unless goods_id"),
            (",Cup,1,1,,", "is the name of 2 goods; say in goods_id"),
            (",Pot,1,,,", "goods_price is required for new goods"),
            (",Pot,,1,,", "goods_number is required for new goods"),
            ("7,,,,5,", "stock_reason is required"),
            ("7,,,,,count", "stock_delta is required"),
        ] {
            let text = format!("goods_id,goods_name,goods_number,goods_price,stock_delta,stock_reason\n{row}\n");
            let plan = plan_of(&text);
            assert!(plan.wrong[0].detail.contains(part) && plan.wrong[0].line == 2, "{:?}", plan.wrong);
        }
        let twice = plan_of("goods_id,goods_name,goods_number,goods_price\n7,,,2\n,Tea,,3\n,Pot,1,1\n,Pot,1,1\n");
        let lines: Vec<u64> = twice.wrong.iter().map(|row| row.line).collect();
        assert_eq!((lines, twice.changes.len()), (vec![3, 5], 2));
        assert!(twice.wrong[0].detail.contains("the same goods as line 2"));
    }
}
