using SoonShop.Imports;

namespace SoonShop.Tests.Imports;

/// <summary>Amounts, numbers and times in cells.</summary>
public sealed class CsvNumberTests
{
    [Theory]
    [InlineData("19.99", "USD", ',', 1999)]
    [InlineData("19", "USD", ',', 1900)]
    [InlineData("19.9", "USD", ',', 1990)]
    [InlineData("0.00", "USD", ',', 0)]
    [InlineData("19,99", "EUR", ';', 1999)]
    [InlineData("19.99", "EUR", ';', 1999)]
    [InlineData("500", "JPY", ',', 500)]
    [InlineData("500.00", "JPY", ',', 500)]
    [InlineData("1.234", "KWD", ',', 1234)]
    [InlineData("0.0001", "CLF", ',', 1)]
    [InlineData("90071992547409.93", "USD", ',', 9007199254740993)]
    public void amounts_become_minor_units_without_rounding(string text, string currency, char separator, long expected)
    {
        if (expected > Money.MaxAmount)
        {
            Assert.Equal("import.amount-large", CsvNumber.ReadAmount(text, currency, separator, out _)?.Key);
            return;
        }
        Assert.Null(CsvNumber.ReadAmount(text, currency, separator, out var minor));
        Assert.Equal(expected, minor);
    }

    [Theory]
    [InlineData("19.999", "USD", ',', "import.decimals")]
    [InlineData("500.5", "JPY", ',', "import.decimals")]
    [InlineData("1.000", "EUR", ';', "import.decimals")]
    [InlineData("1,000", "EUR", ';', "import.decimals")]
    [InlineData("1.000", "JPY", ';', "import.decimals")]
    [InlineData("1.2345", "KWD", ';', "import.decimals")]
    [InlineData("19,99", "USD", ',', "import.amount")]
    [InlineData("19,99", "USD", '\t', "import.amount")]
    [InlineData("1.000,00", "EUR", ';', "import.amount")]
    [InlineData("1 000", "EUR", ',', "import.amount")]
    [InlineData("$5", "USD", ',', "import.amount")]
    [InlineData("-5", "USD", ',', "import.amount")]
    [InlineData("1e3", "USD", ',', "import.amount")]
    [InlineData(".5", "USD", ',', "import.amount")]
    [InlineData("5.", "USD", ',', "import.amount")]
    [InlineData("", "USD", ',', "import.amount")]
    [InlineData("٣", "USD", ',', "import.amount")]
    [InlineData("999999999999999", "USD", ',', "import.amount-large")]
    public void other_amounts_are_wrong(string text, string currency, char separator, string key) =>
        Assert.Equal(key, CsvNumber.ReadAmount(text, currency, separator, out _)?.Key);

    [Theory]
    [InlineData("5", 5)]
    [InlineData("-5", -5)]
    [InlineData("+5", 5)]
    [InlineData("5.0", null)]
    [InlineData("11", null)]
    [InlineData("99999999999", null)]
    public void whole_numbers_are_read_within_their_range(string text, int? expected)
    {
        var wrong = CsvNumber.ReadWhole(text, -10, 10, out var number);
        Assert.Equal(expected, wrong is null ? number : null);
    }

    [Theory]
    [InlineData("2026-03-01", "2026-03-01T00:00:00Z")]
    [InlineData("2026-03-01T09:30:00Z", "2026-03-01T09:30:00Z")]
    [InlineData("2026-03-01T09:30:00.25+02:00", "2026-03-01T07:30:00.25Z")]
    [InlineData("2026-03-01 09:30", "2026-03-01T09:30:00Z")]
    [InlineData("01/03/2026", null)]
    public void times_are_utc_without_an_offset(string text, string? expected)
    {
        var wrong = CsvNumber.ReadTime(text, out var time);
        Assert.Equal(expected is null, wrong is not null);
        if (expected is not null)
            Assert.Equal(DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture), time);
    }
}
