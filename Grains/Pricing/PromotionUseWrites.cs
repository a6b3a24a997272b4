using SoonShop.Counters;
using SoonShop.Events;

namespace SoonShop.Pricing;

/// <summary>Lets many uses of one promotion share a write.</summary>
internal sealed class PromotionUseWrites(
    PromotionUsesState committed, Func<PromotionUsesState, List<IShopEvent>, List<PromotionUseRow>, Task> writeAsync)
    : WriteCoalescer<PromotionUsesState, PromotionUseRow>(committed, writeAsync)
{
    protected override ErrorText Reloading => PromotionTexts.Reloading;

    protected override ErrorText Busy => PromotionTexts.Busy;

    protected override ErrorText EarlierFailed => PromotionTexts.EarlierFailed;
}
