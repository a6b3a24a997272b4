using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SoonShop.Logging;
using SoonShop.ServiceDefaults.Logging;

namespace SoonShop.Tests.Operations;

public sealed class LogLevelsStateTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 9, 30, 0, TimeSpan.Zero);

    [Fact]
    public void levels_hold_for_a_while()
    {
        var set = LogLevelsState.Set(Of(("SoonShop.Silo", LogDetail.Debug)), Now).State;
        Assert.Equal((LogDetail.Debug, Now.AddMinutes(10)), (set.At(Now.AddMinutes(9)).Levels["SoonShop.Silo"], set.At(Now).Until));
        Assert.Same(LogLevels.None, set.At(Now.AddMinutes(10)));
        Assert.Same(LogLevels.None, LogLevelsState.Set(Of(), Now).State.At(Now));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Console:LogLevel:Default")]
    [InlineData("two words")]
    public void what_is_no_category_is_refused(string category) =>
        Assert.Contains("levels", LogLevelsState.Set(Of((category, LogDetail.Debug)), Now).Error!.Errors!.Keys);

    [Fact]
    public void there_is_an_end_to_categories_and_time()
    {
        var many = Enumerable.Range(0, LogLevelsState.MaxCategories + 1).Select(i => ($"C{i}", LogDetail.Debug)).ToArray();
        Assert.Contains("levels", LogLevelsState.Set(Of(many), Now).Error!.Errors!.Keys);
        Assert.Null(LogLevelsState.Set(Of(many[1..]), Now).Error);
        Assert.All([0, LogLevels.MaxMinutes + 1], minutes =>
            Assert.Contains("minutes", LogLevelsState.Set(Of() with { Minutes = minutes }, Now).Error!.Errors!.Keys));
    }

    [Fact]
    public void a_category_is_named_once_however_it_is_written() =>
        Assert.Contains(
            "levels", LogLevelsState.Set(Of(("SoonShop", LogDetail.Debug), ("soonshop", LogDetail.Error)), Now).Error!.Errors!.Keys);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void levels_that_are_said_twice_are_applied_all_the_same(bool hasConsoleLevels)
    {
        var overrides = new LogLevelOverrides(hasConsoleLevels);
        overrides.Set(Of(("SoonShop", LogDetail.Error), ("soonshop", LogDetail.Debug), ("Default", LogDetail.Warning)).Levels);
        Assert.Equal("Debug", Level(overrides, "Logging:LogLevel:SoonShop"));
        // What is configured for the console precedes all else: what is set must stand there, too, but only then.
        Assert.Equal(hasConsoleLevels ? "Warning" : null, Level(overrides, "Logging:Console:LogLevel:Default"));
        overrides.Set(LogLevels.None.Levels);
        Assert.Null(Level(overrides, "Logging:LogLevel:SoonShop"));
    }

    [Fact]
    public void what_goes_wrong_is_counted_once_however_little_is_logged()
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = Environments.Production });
        builder.Configuration["Logging:LogLevel:Default"] = "None";
        builder.AddShopLogging("test", new());
        // The follower asks a cluster; nothing is started here.
        using var host = builder.Build();
        var counted = 0L;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Name == "soonshop.log.records"
                    && instrument.Meter.Scope == host.Services.GetRequiredService<IMeterFactory>())
                    l.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => counted += tags[0].Value is "error" ? value : 0);
        var loggers = host.Services.GetRequiredService<ILoggerFactory>();
        foreach (var category in (string[])["SoonShop.Silo", "Microsoft.AspNetCore.Diagnostics.ExceptionHandlerMiddleware"])
            loggers.CreateLogger(category).Log(LogLevel.Error, default, "wrong", null, (s, _) => s);
        listener.Start();
        listener.RecordObservableInstruments();
        Assert.Equal(1, counted);
    }

    private static string? Level(LogLevelOverrides overrides, string key) => overrides.TryGet(key, out var level) ? level : null;

    private static SetLogLevels Of(params (string Category, LogDetail Level)[] levels) =>
        new(levels.ToImmutableDictionary(l => l.Category, l => l.Level), 10);
}
