using SoonShop.ApiFrontend.Catalog;

namespace SoonShop.Tests.Rules;

public sealed class CachingOptionsTests
{
    [Fact]
    public void the_defaults_are_good() => Assert.Empty(new CachingOptions().Problems());

    [Fact]
    public void each_limit_is_checked()
    {
        var wrong = new CachingOptions
        {
            ProductSeconds = 0,
            SearchSeconds = double.NaN,
            MaxProducts = 0,
            MaxSearches = 0,
            MaxMegabytes = 0,
            NewsMilliseconds = 501,
            ProductMaxAgeSeconds = -1,
            SearchMaxAgeSeconds = -1,
            ProductStaleSeconds = -1,
            SearchStaleSeconds = -1,
        };
        Assert.Equal(10, wrong.Problems().Count());
    }
}
