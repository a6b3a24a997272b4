using System.Collections.Frozen;
using System.Globalization;
using SoonShop.StripeTesting.Http;

namespace SoonShop.StripeTesting.Objects;

/// <summary>Which amounts may be charged (docs.stripe.com/currencies).</summary>
internal static class Currencies
{
    private const long Maximum = 99_999_999;
    private static readonly FrozenSet<string> Known =
        ("usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf chf clp cny cop crc "
        + "cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl hrk htg huf idr ils inr isk jmd jod jpy kes kgs "
        + "khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab "
        + "pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx "
        + "uyu uzs vnd vuv wst xaf xcd xof xpf yer zar zmw").Split(' ').ToFrozenSet();

    private static readonly FrozenSet<string> ZeroDecimal = "bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf".Split(' ')
        .ToFrozenSet();
    private static readonly FrozenSet<string> ThreeDecimal = "bhd jod kwd omr tnd".Split(' ').ToFrozenSet();

    private static readonly FrozenDictionary<string, long> Minimums =
        ("usd 50,aed 200,aud 50,bgn 100,brl 50,cad 50,chf 50,czk 1500,dkk 250,eur 50,gbp 30,hkd 400,"
            + "huf 17500,inr 50,jpy 50,mxn 1000,myr 200,nok 300,nzd 50,pln 200,ron 200,sek 300,sgd 50,thb 1000")
        .Split(',').Select(m => m.Split(' ')).ToFrozenDictionary(m => m[0], m => long.Parse(m[1], CultureInfo.InvariantCulture));

    /// <summary>The currency in lower case, as Stripe writes it; throws for one that it does not know.</summary>
    public static string Checked(string currency)
    {
        var lower = currency.ToLowerInvariant();
        return Known.Contains(lower)
            ? lower
            : throw StripeError.Invalid(
                $"Invalid currency: {lower}. Stripe currently supports these currencies: {string.Join(", ", Known.Order())}",
                param: "currency");
    }

    /// <summary>Throws for an amount that cannot be charged in a currency.</summary>
    public static void Check(long amount, string currency, string param = "amount")
    {
        if (amount < 1)
            throw StripeError.Invalid($"This value must be greater than or equal to 1.", "parameter_invalid_integer", param);
        var minimum = Minimums.GetValueOrDefault(currency, 1);
        if (amount < minimum)
            throw StripeError.Invalid($"Amount must be at least {Text(minimum, currency)}", "amount_too_small", param);
        if (amount > Maximum)
            throw StripeError.Invalid($"Amount must be no more than {Text(Maximum, currency)}", "amount_too_large", param);
        if (ThreeDecimal.Contains(currency) && amount % 10 != 0)
            throw StripeError.Invalid(
                $"Invalid amount: {amount}. Amounts in {currency} have three decimals, of which the last must be 0.", param: param);
    }

    /// <summary>For messages: <c>$0.50 usd</c>.</summary>
    public static string Text(long amount, string currency) => ZeroDecimal.Contains(currency)
        ? string.Create(CultureInfo.InvariantCulture, $"{amount} {currency}")
        : ThreeDecimal.Contains(currency)
            ? string.Create(CultureInfo.InvariantCulture, $"{amount / 1000m:0.000} {currency}")
            : string.Create(CultureInfo.InvariantCulture, $"{(currency == "usd" ? "$" : "")}{amount / 100m:#,##0.00} {currency}");
}
