namespace SoonShop.Pricing;

/// <summary>What a promotion must look like.</summary>
internal static class PromotionValidation
{
    /// <summary>The most units of a cart.</summary>
    private const int MaxUnits = PricingLimits.MaxLines * PricingLimits.MaxQuantity;

    private static readonly ErrorText NotUsed = ErrorText.Of("field.not-for-action", "is not used by this action");
    private static readonly ErrorText Missing = ErrorText.Of("field.missing", "is required");

    /// <summary>Adds what is wrong with a promotion.</summary>
    public static void Check(Promotion promotion, RuleProblems problems)
    {
        problems.Id(promotion.Id);
        problems.Name(promotion.Name);
        foreach (var (language, text) in promotion.Texts ?? ImmutableDictionary<string, string>.Empty)
        {
            problems.Require(
                language is "en" or "zh" && text is { Length: <= 500 } && !string.IsNullOrWhiteSpace(text) && Text.IsClean(text),
                $"texts.{language}",
                ErrorText.Of("field.promotion-text", "must be a text in en or zh of 1–500 characters"));
        }
        problems.PeriodEnds(promotion.From, promotion.To);
        problems.Require(Enum.IsDefined(promotion.Trigger), "trigger", Missing);
        problems.Require(
            promotion.Trigger == PromotionTrigger.Code ? PromotionCode.IsValid(promotion.Code) : promotion.Code is null, "code",
            promotion.Trigger == PromotionTrigger.Code
                ? ErrorText.Of("field.promotion-code", "must be 1–64 characters without spaces")
                : ErrorText.Of("field.no-code", "is only for promotions with a code of their own"));
        problems.Range(promotion.Priority, -1_000_000, 1_000_000, "priority");
        problems.Require((promotion.Combines & ~PromotionStages.All) == 0, "combines",
            ErrorText.Of("field.stages", "must be stages of promotions"));
        problems.Range(promotion.MaxUses, 1, int.MaxValue, "maxUses");
        problems.Range(promotion.MaxUsesPerCustomer, 1, int.MaxValue, "maxUsesPerCustomer");
        problems.Range(promotion.MaxUnits, 1, MaxUnits, "maxUnits");
        problems.Amounts(promotion.MaxDiscount, "maxDiscount", 1, PricingLimits.MaxThreshold);
        problems.Amounts(promotion.Budget, "budget", 1, PricingLimits.MaxThreshold);
        problems.Require(promotion.Conditions is not null, "conditions", Missing);
        problems.Require(promotion.Action is not null, "action", Missing);
        if (promotion.Conditions is { } conditions)
            CheckConditions(conditions, problems);
        if (promotion.Action is { } action)
            CheckAction(promotion, action, problems);
    }

    private static void CheckConditions(PromotionConditions conditions, RuleProblems problems)
    {
        problems.Amounts(conditions.MinSubtotal, "conditions.minSubtotal", 0, PricingLimits.MaxThreshold);
        problems.Range(conditions.MinUnits, 0, MaxUnits, "conditions.minUnits");
        problems.CustomerGroups(conditions.CustomerGroups, "conditions.customerGroups");
        problems.Each(
            conditions.Countries, "conditions.countries", Country.IsCode,
            ErrorText.Of("field.no-country", "is not a country of ISO 3166-1; the code of the United Kingdom, for example, is GB"));
        problems.Require(conditions.Items is not null, "conditions.items", Missing);
        if (conditions.Items is not { } items)
            return;
        Skus(items.Skus, "conditions.items.skus", problems);
        Skus(items.ExcludedSkus, "conditions.items.excludedSkus", problems);
        Categories(items.Categories, "conditions.items.categories", problems);
        Categories(items.ExcludedCategories, "conditions.items.excludedCategories", problems);
        Attributes(items.Attributes, "conditions.items.attributes", problems);
        Attributes(items.ExcludedAttributes, "conditions.items.excludedAttributes", problems);
    }

    private static void CheckAction(Promotion promotion, PromotionAction action, RuleProblems problems)
    {
        problems.Require(Enum.IsDefined(action.Kind), "action.kind", Missing);
        problems.Range(action.PercentPpm, 1, PricingLimits.WholePpm, "action.percentPpm");
        problems.Amounts(
            action.Amounts, "action.amounts", 1,
            action.Kind == PromotionActionKind.UnitDiscount ? PricingLimits.MaxPrice : PricingLimits.MaxThreshold);
        var amounts = action.Amounts.IsDefaultOrEmpty ? 0 : action.Amounts.Length;
        var (isGift, isSet) = (action.Kind == PromotionActionKind.Gift, action.Kind == PromotionActionKind.BuyXGetY);
        if (isGift || isSet)
        {
            problems.Require(amounts == 0, "action.amounts", NotUsed);
            problems.Require(action.PercentPpm is null == isGift, "action.percentPpm", isGift ? NotUsed : Missing);
            problems.Range(action.GetUnits, 1, PricingLimits.MaxQuantity, "action.getUnits");
        }
        else
        {
            problems.Require(action.PercentPpm is null != (amounts == 0), "action.percentPpm",
                ErrorText.Of("field.percent-or-amounts", "must be given, or amounts, but not both"));
            problems.Require(action.GetUnits == 0, "action.getUnits", NotUsed);
        }
        if (isSet)
            problems.Range(action.BuyUnits, 1, PricingLimits.MaxQuantity, "action.buyUnits");
        else
            problems.Require(action.BuyUnits == 0, "action.buyUnits", NotUsed);
        if (isGift)
        {
            problems.Require(IsSku(action.GiftSku), "action.giftSku", SkuText);
            problems.Require(promotion.MaxDiscount.IsDefaultOrEmpty, "maxDiscount", NotUsed);
        }
        else
            problems.Require(action.GiftSku is null, "action.giftSku", NotUsed);
        problems.Require(
            promotion.MaxUnits is null || isSet || action.Kind == PromotionActionKind.UnitDiscount, "maxUnits", NotUsed);
        problems.Each(
            action.ShippingMethods, "action.shippingMethods", RuleProblems.IsShortSlug,
            ErrorText.Of("field.slug", "must be a slug of a–z, 0–9 and -"), PricingLimits.MaxRules);
        problems.Require(
            action.ShippingMethods.IsDefaultOrEmpty || action.Kind == PromotionActionKind.ShippingDiscount, "action.shippingMethods",
            NotUsed);
    }

    private static ErrorText SkuText => ErrorText.Of(
        "field.sku", $"must be 1–{Sku.MaxLength} letters, digits, '.', '_' or '-', beginning with a letter or digit");

    private static bool IsSku(string? text) => Sku.TryNormalize(text, out var sku) && sku == text;

    private static void Skus(ImmutableArray<string> skus, string field, RuleProblems problems) =>
        problems.Each(skus, field, IsSku, SkuText);

    private static void Categories(ImmutableArray<string> categories, string field, RuleProblems problems) => problems.Each(
        categories, field, RuleProblems.IsCategory,
        ErrorText.Of("field.category", "must be one to four slugs of a–z, 0–9 and -, joined by /"));

    private static void Attributes(ImmutableArray<ItemAttribute> attributes, string field, RuleProblems problems)
    {
        if (!problems.Count(attributes, PricingLimits.MaxEntries, field))
            return;
        for (var i = 0; i < attributes.Length; i++)
        {
            var (name, value) = attributes[i];
            problems.Require(
                name is { Length: >= 1 and <= 50 } && value is { Length: <= 500 } && Text.IsLine(name) && Text.IsLine(value),
                $"{field}[{i}]",
                ErrorText.Of("field.attribute", "must have a name of 1–50 and a value of up to 500 characters"));
        }
    }
}
