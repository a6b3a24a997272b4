using OpenQA.Selenium;
using OpenQA.Selenium.Chrome;

namespace SoonShop.Tests.Running;

/// <summary>A headless Chromium of Debian's package.</summary>
internal static class Chromium
{
    private static readonly string[] Packages = ["chromium", "chromium-common", "chromium-driver"];

    /// <summary>Starts it; dispose to end it.</summary>
    public static async Task<ChromeDriver> StartAsync()
    {
        var options = new ChromeOptions { BinaryLocation = await ProgramAsync("chromium") };
        // Its sandbox wants rights that root in a container lacks; it shows only what the test itself serves.
        options.AddArguments("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1280,900");
        options.SetLoggingPreference(LogType.Browser, LogLevel.All);
        var service = ChromeDriverService.CreateDefaultService(await ProgramAsync("chromedriver"));
        service.SuppressInitialDiagnosticInformation = true;
        return new ChromeDriver(service, options, TimeSpan.FromSeconds(60));
    }

    private static async Task<string> ProgramAsync(string name) =>
        (await Repository.RunAsync(Path.Combine(Repository.Root, "deploy", "debian-package.sh"), ["program", name, .. Packages])).Trim();
}
