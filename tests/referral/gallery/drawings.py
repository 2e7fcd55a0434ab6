"""One chart of each kind, with figures that ask something of it."""

from referral import charts
from referral.filters import percent


def all_charts() -> list[charts.Chart]:
    months = [f"{number} 月" for number in range(1, 13)]
    flows = [
        ("双江街道", "轮椅", 5), ("双江街道", "上门照护", 9), ("龙角镇", "冬衣", 12), ("龙角镇", "上门照护", 4),
        ("凤鸣镇", "心理支持", 6), ("凤鸣镇", "轮椅", 2), ("轮椅", "县慈善会", 7), ("冬衣", "爱心超市", 12),
        ("上门照护", "社工站A", 8), ("上门照护", "社工站B", 5), ("心理支持", "社工站B", 6),
    ]  # fmt: skip
    return [
        charts.sankey("需求—资源流向", ("来源", "去向", "件数"), flows),
        charts.bars(
            "各类服务人次", ("服务", "人次"),
            [("助餐", 3120), ("家庭照料者支持与喘息服务（短期托养）", 240), ("Home adaptation for age", 12), ("无", 0)],
        ),
        charts.columns(
            "每月", "月份", months,
            [("受理", [12, 18, 9, None, 22, 30, 25, 14, 11, 8, 16, 20]),
             ("办结", [10, 12, 9, 4, 20, 21, 25, 10, 9, 6, 12, 7])],
        ),
        charts.columns("每月合计", "月份", months[:4], [("受理", [3, 4, 5, 1]), ("办结", [2, 2, 2, 2])], stacked=True),
        charts.lines(
            "答复率", "月份", months,
            [
                charts.Series("答复率", [0.5, 0.55, 0.6, None, 0.7, 0.72, 0.75, 0.8, 0.78, 0.8, 0.85, 0.9],
                              [0.4, 0.45, 0.5, None, 0.6, 0.62, 0.65, 0.7, 0.68, 0.7, 0.75, 0.8],
                              [0.6, 0.65, 0.7, None, 0.8, 0.82, 0.85, 0.9, 0.88, 0.9, 0.95, 1.0]),
                charts.Series("接单率", [0.3, 0.35, 0.4, 0.42, 0.4, 0.45, 0.5, 0.5, 0.52, 0.55, 0.5, 0.6]),
            ],
            show=percent,
        ),
        charts.heat(
            "各乡镇需求", "乡镇", ["丁岗镇", "大路镇", "姚桥镇"], ["照护", "物资", "家庭照料者支持与喘息服务", "心理"],
            [[4, 12, 0, 7], [1, None, 3, 9], [20, 6, 2, 11]],
        ),
    ]  # fmt: skip
